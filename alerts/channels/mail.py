"""Mail over SMTP: plain text and HTML with the goal's curve as a picture.

Contract: RFC 5321. A reply of 4xx passes, one of 5xx does not; a connection that breaks before the
message was taken is "unknown", so it is a retry. Message-ID is made of the notice, so that
mailboxes recognise a repeat.
"""

import base64
import hashlib
import html
import io
import re
import smtplib
import ssl
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, getaddresses
from ipaddress import ip_address
from math import isfinite, nan
from typing import Any, Literal, cast

from alerts.channels.http import without
from alerts.channels.model import Curve, Notice, Receipt
from alerts.words import BOARD
from extractors.core.model import Credential

Security = Literal["starttls", "tls", "none"]
Refusals = Mapping[str, tuple[int, bytes]]  # what the server said, by recipient

SECONDS_BETWEEN = 0.5
TIMEOUT_SECONDS = 30.0  # servers look into a message before they take it
PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
SUBJECT_CHARACTERS = 200
ANSWER_CHARACTERS = 200
ADDRESS = re.compile(r"[^\s<>:,;]+@[^\s<>:,;]+")

COLOURS = {
    "warning": "#d4a72c",
    "critical": "#cf222e",
    "resolved": "#1a7f37",
    "data": "#6e7781",
    "blocked": "#cf222e",
}
ATTENTION = {"zh": "请留意：", "en": "For the attention of: "}
CURVE = {"zh": "目标曲线", "en": "The goal's curve"}
LANGUAGES = {"zh": "zh-CN", "en": "en"}
# name of the line, its colour, how it is dashed in the legend and in the picture
ACTUAL = ({"zh": "实际", "en": "Actual"}, "#0969da", "solid")
EXPECTED = ({"zh": "按计划应到", "en": "Expected by plan"}, "#6e7781", "dashed")
TARGET = ({"zh": "目标", "en": "Target"}, "#cf222e", "dotted")

PICTURE_INCHES = (4.8, 2.3)
PICTURE_DPI = 200  # sharp on screens with two pixels for one
DAYS_LABELLED = 6


@dataclass(frozen=True)
class Server:
    """Where mail is handed in, and from and for whom."""

    host: str
    port: int
    security: Security
    sender: str  # as its header shows it
    domain: str  # of the sender
    recipients: tuple[str, ...]


def render(notice: Notice) -> dict[str, Any]:
    """Return subject, text, HTML and its pictures (PNG by content id): titles are escaped."""
    picture = draw(notice.curve) if notice.curve else b""
    cid = f"curve.{_digest(notice)}@tidemark"
    return {
        "subject": _header(notice.title)[:SUBJECT_CHARACTERS],
        "text": _plain(notice),
        "html": _html(notice, cid if picture else ""),
        "pictures": {cid: picture} if picture else {},
    }


def page(notice: Notice) -> str:
    """Return the mail's HTML with its pictures inside, for a look without a mailbox."""
    rendered = render(notice)
    text: str = rendered["html"]
    for cid, picture in rendered["pictures"].items():
        data = base64.b64encode(picture).decode()
        text = text.replace(f"cid:{cid}", f"data:image/png;base64,{data}")
    return text


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Hand one mail to the server of the credential.

    extra holds "from", "to" (separated by commas) and "security": "starttls" unless it says "tls"
    or, for this very machine, "none". Without login nobody logs in.
    """
    try:
        server = _server(credential)
        message = compose(notice, server, now)
    except ValueError as error:
        return Receipt("failed", _without_addresses(str(error)))
    try:
        refused = _hand_in(message, server, credential)
    except (OSError, UnicodeError) as error:  # every error of smtplib is an OSError
        receipt = judge(error, len(server.recipients))
    else:
        receipt = judge(refused, len(server.recipients))
    return without(receipt, credential.login, credential.password)


def judge(answer: Exception | Refusals, recipients: int = 1) -> Receipt:
    """Tell from the refused recipients, or from what broke, how the attempt ended."""
    if isinstance(answer, smtplib.SMTPRecipientsRefused):
        return _judge_replies(list(answer.recipients.values()))
    if isinstance(answer, smtplib.SMTPResponseException):
        return _judge_replies([(answer.smtp_code, answer.smtp_error)])
    if isinstance(answer, smtplib.SMTPNotSupportedError):
        return Receipt("failed", _without_addresses(str(answer)))
    if isinstance(answer, UnicodeError):  # its text would quote the password
        return Receipt("failed", "host, login or password cannot be written in ASCII")
    if isinstance(answer, Exception):
        return Receipt("retry", type(answer).__name__)
    if len(answer) >= recipients:
        return _judge_replies(list(answer.values()))
    refused = f", {len(answer)} of {recipients} recipients refused" if answer else ""
    return Receipt("delivered", f"ok{refused}")


def compose(notice: Notice, server: Server, now: datetime) -> EmailMessage:
    """Return the message; ValueError says which address cannot stand in a header."""
    rendered = render(notice)
    message = EmailMessage(policy=SMTP_POLICY)
    message["Subject"] = rendered["subject"]
    message["From"] = server.sender
    message["To"] = ", ".join(server.recipients)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_digest(notice)}@{server.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # no answers from those on holiday
    # Base64, because not every server takes eight bits or lines as long as ours
    message.set_content(rendered["text"], cte="base64")
    message.add_alternative(rendered["html"], subtype="html", cte="base64")
    body = cast(EmailMessage, message.get_payload(1))
    for cid, picture in rendered["pictures"].items():
        body.add_related(
            picture, "image", "png", cid=f"<{cid}>", disposition="inline", filename="curve.png"
        )
    return message


def draw(curve: Curve) -> bytes:
    """Return the curve as PNG, or nothing for one without a number; it holds no words."""
    if not any(isfinite(height) for height in _heights((*curve.actual, *curve.expected))):
        return b""
    # imported here: it takes a second, and every command imports the channels
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=PICTURE_INCHES, dpi=PICTURE_DPI, layout="constrained")
    axes = figure.add_subplot()
    _draw_lines(axes, curve)
    _draw_axes(axes, curve)
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
    return content.getvalue()


def _draw_lines(axes: Any, curve: Curve) -> None:
    offsets = _offsets(curve)
    for values, line, width in ((curve.expected, EXPECTED, 1.5), (curve.actual, ACTUAL, 2.2)):
        heights = _heights(values)
        axes.plot(offsets, heights, color=line[1], linestyle=line[2], linewidth=width)
        if line is ACTUAL:
            axes.plot(offsets, heights, color=line[1], marker="o", markersize=3, linestyle="")
    if isfinite(curve.target):
        axes.axhline(curve.target, color=TARGET[1], linestyle=TARGET[2], linewidth=1.5)


def _draw_axes(axes: Any, curve: Curve) -> None:
    labelled = _labelled(len(curve.days))
    offsets = _offsets(curve)
    axes.set_xticks([offsets[n] for n in labelled], [f"{curve.days[n]:%m-%d}" for n in labelled])
    axes.yaxis.set_major_formatter(lambda value, _position: f"{value:,.12g}")
    axes.locator_params(axis="y", nbins=5)
    axes.tick_params(labelsize=11, colors="#57606a", length=0)
    axes.grid(axis="y", color="#d8dee4", linewidth=0.6)
    axes.set_axisbelow(True)
    for name in ("top", "right", "left"):
        axes.spines[name].set_visible(False)
    axes.spines["bottom"].set_color("#d8dee4")


def _labelled(days: int) -> list[int]:
    """Return the numbers of the days that are labelled: the first, the last, some between."""
    steps = min(days, DAYS_LABELLED) - 1
    return [round(n * (days - 1) / steps) for n in range(steps + 1)] if steps else [0]


def _heights(values: Iterable[float | None]) -> list[float]:
    """Return what is drawn: a day without a number is a gap and not zero."""
    return [value if value is not None and isfinite(value) else nan for value in values]


def _offsets(curve: Curve) -> list[int]:
    """Return each day's distance from the first, so that a day left out leaves room."""
    return [(day - curve.days[0]).days for day in curve.days]


def _plain(notice: Notice) -> str:
    parts = [_printable(notice.text), _attention(notice)]
    if link := _link(notice):
        parts.append(f"{BOARD[notice.language]}: {link}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _html(notice: Notice, cid: str) -> str:
    """Return one table: what mail clients of all ages and phones show alike."""
    rows = [
        f'<tr><td style="height:6px;line-height:6px;font-size:0;background:{COLOURS[notice.tone]}">'
        "&nbsp;</td></tr>",
        _row(_escaped(_one_line(notice.title)), "font-size:18px;line-height:26px;font-weight:bold"),
        *(_row(_escaped(line), "padding-top:0") for line in _printable_lines(notice)),
    ]
    if attention := _attention(notice):
        rows.append(_row(_escaped(attention), "padding-top:0;color:#57606a"))
    if cid and notice.curve:
        rows += [_picture(notice, cid), _legend(notice)]
    if link := _link(notice):
        rows.append(_button(link, BOARD[notice.language]))
    return "\n".join((*_frame_start(notice), *rows, "</table></td></tr></table></body></html>", ""))


def _frame_start(notice: Notice) -> tuple[str, ...]:
    table = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
    return (
        f'<!DOCTYPE html><html lang="{LANGUAGES[notice.language]}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light">',
        f"<title>{_escaped(_one_line(notice.title))}</title></head>",
        '<body style="margin:0;padding:0;background:#f6f8fa">',
        f'{table} style="background:#f6f8fa"><tr><td align="center" style="padding:12px">',
        f'{table} style="max-width:600px;background:#ffffff;text-align:left;color:#1f2328;'
        "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',"
        "'Noto Sans CJK SC',sans-serif\">",
    )


def _row(content: str, style: str = "") -> str:
    base = "padding:14px 20px 8px;font-size:15px;line-height:23px;word-break:break-word"
    return f'<tr><td style="{base};{style}">{content}</td></tr>'


def _picture(notice: Notice, cid: str) -> str:
    style = "display:block;width:100%;max-width:560px;height:auto;border:0"
    alt = CURVE[notice.language]
    image = f'<img src="cid:{cid}" width="560" alt="{_escaped(alt)}" style="{style}">'
    return _row(image, "padding-bottom:0")


def _legend(notice: Notice) -> str:
    items = [
        f'<span style="display:inline-block;width:28px;border-top:3px {dashes} {colour};'
        f'vertical-align:middle"></span>&nbsp;{_escaped(words[notice.language])}'
        for words, colour, dashes in (ACTUAL, EXPECTED, TARGET)
    ]
    spans = " ".join(
        f'<span style="white-space:nowrap;margin-right:14px">{item}</span>' for item in items
    )
    return _row(spans, "padding-top:4px;font-size:13px;color:#57606a")


def _button(link: str, label: str) -> str:
    style = (
        "display:inline-block;padding:10px 18px;background:#0969da;color:#ffffff;"
        "text-decoration:none;border-radius:6px;font-size:15px"
    )
    return _row(
        f'<a href="{_escaped(link)}" style="{style}">{_escaped(label)}</a>', "padding-bottom:20px"
    )


def _link(notice: Notice) -> str:
    """Return the board's address when it is one of the web: others could run something."""
    address = _one_line(notice.board_url)
    return address if address.startswith(("http://", "https://")) else ""


def _attention(notice: Notice) -> str:
    """Return who is asked to look; a mail goes to those of the connection and nobody else."""
    who = ", ".join(_one_line(name) for name in notice.mentions)
    return f"{ATTENTION[notice.language]}{who}" if who else ""


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)


def _printable_lines(notice: Notice) -> list[str]:
    return [line for line in map(_one_line, notice.lines) if line]


def _printable(text: str) -> str:
    """Return a text without what no mail may hold: control characters, halves of characters."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(c for c in whole if c in "\n\t" or unicodedata.category(c) != "Cc")


def _one_line(text: str) -> str:
    """Return a text as one line without control characters."""
    return _printable(" ".join(text.split()))


def _header(text: str) -> str:
    """Return a text that stays the value of one header, whatever it holds.

    The standard library decodes encoded words when a header is set and writes the line breaks in
    them as they are, so none may begin.
    """
    return _one_line(text).replace("=?", "= ?")


def _digest(notice: Notice) -> str:
    return hashlib.sha256(notice.notice_id.encode()).hexdigest()[:32]


def _server(credential: Credential) -> Server:
    """Read the connection; ValueError says what is missing in it or not allowed."""
    security = cast(Security, str(credential.extra.get("security") or "starttls"))
    if security not in PORTS:
        raise ValueError(f"extra.security is none of {', '.join(PORTS)}")
    if not credential.host:
        raise ValueError("the connection names no host")
    if security == "none" and not _is_loopback(credential.host):
        raise ValueError('extra.security "none" is only for this very machine; use "starttls"')
    sender, recipients = _addresses(credential, "from"), _addresses(credential, "to")
    return Server(
        credential.host,
        credential.port or PORTS[security],
        security,
        _header(str(credential.extra["from"])),
        sender[0].rpartition("@")[2],
        recipients,
    )


def _addresses(credential: Credential, name: str) -> tuple[str, ...]:
    """Return the addresses of a field of extra, each once."""
    text = _header(str(credential.extra.get(name) or ""))
    found = tuple(dict.fromkeys(address for _name, address in getaddresses([text])))
    if not found or not all(ADDRESS.fullmatch(address) for address in found):
        raise ValueError(f"extra.{name} is no address, or not only addresses separated by commas")
    return found


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _hand_in(message: EmailMessage, server: Server, credential: Credential) -> Refusals:
    """Return the refused recipients of a message that was taken; raises what smtplib raises."""
    smtp = _connect(server)
    try:
        if credential.login:
            smtp.login(credential.login, credential.password)
        refused = smtp.send_message(message, to_addrs=server.recipients)
        # whatever follows, the message was taken: a bad farewell must not send it again
        with suppress(OSError):
            smtp.quit()
        return refused
    finally:
        smtp.close()


def _connect(server: Server) -> smtplib.SMTP:
    address = (server.host, server.port)
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(*address, timeout=TIMEOUT_SECONDS, context=context)
    smtp = smtplib.SMTP(*address, timeout=TIMEOUT_SECONDS)
    if server.security == "none":
        return smtp
    try:
        smtp.starttls(context=ssl.create_default_context())
    except BaseException:
        smtp.close()
        raise
    return smtp


def _judge_replies(replies: Sequence[tuple[int, bytes | str]]) -> Receipt:
    """Tell what replies mean together: one that passes is worth another attempt."""
    passing = [reply for reply in replies if not 500 <= reply[0] < 600]
    code, said = (passing or replies)[0]
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = _without_addresses(f"{code} {' '.join(words.split())}".strip())
    return Receipt("retry" if passing else "failed", text[:ANSWER_CHARACTERS])


def _without_addresses(text: str) -> str:
    return ADDRESS.sub("***", text)
