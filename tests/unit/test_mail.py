"""The mail channel against a real SMTP server: replies, broken connections, what mailboxes read."""

import datetime
import io
import math
import socket
import ssl
from dataclasses import replace
from email import message_from_bytes, policy
from html.parser import HTMLParser
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from alerts.channels import mail
from alerts.channels.mail import draw, judge, page, render, send
from alerts.channels.model import Curve
from extractors.core.model import Credential
from tests.channel_notices import NOW, curve, notice
from tests.mailbox import Server

FROM, OPS, BOSS = "Tidemark <alerts@acme.example>", "ops@acme.example", "boss@acme.example"


@pytest.fixture
def serve():
    """Start servers that are stopped after the test."""
    running = []

    def start(**options):
        server = Server(**options)
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def server(serve):
    return serve()


def credential(server, **extra):
    said = {"from": FROM, "to": f"{OPS}, {BOSS}", "security": "none", **extra}
    return Credential("mail", host="127.0.0.1", port=server.port, extra=said)


def only_message(server):
    """Return the one message that a server was handed, parsed."""
    (envelope,) = server.handler.envelopes
    return message_from_bytes(envelope.content, policy=policy.default)


def parts(message):
    return {part.get_content_type(): part for part in message.walk()}


def test_a_mail_is_text_and_html_with_its_picture(server):
    receipt = send(notice(curve=curve()), credential(server), NOW)

    assert (receipt.outcome, receipt.response) == ("delivered", "ok")
    message = only_message(server)
    assert server.handler.envelopes[0].rcpt_tos == [OPS, BOSS]
    assert message["Subject"] == notice().title
    assert (message["From"], message["To"]) == (FROM, f"{OPS}, {BOSS}")
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    found = parts(message)
    assert notice().lines[0] in found["text/plain"].get_content()
    cid = found["image/png"]["Content-ID"].strip("<>")
    assert f'src="cid:{cid}"' in found["text/html"].get_content()
    assert found["image/png"].get_content_disposition() == "inline"
    assert ink(found["image/png"].get_content()) > 1000


def test_a_mail_without_a_curve_has_no_picture(server):
    send(notice(), credential(server), NOW)

    assert "image/png" not in parts(only_message(server))
    assert "<img" not in render(notice())["html"]


def test_what_is_sent_has_seven_bits_and_short_lines(server):
    send(notice(lines=("很长" * 900,), curve=curve()), credential(server), NOW)

    content = server.handler.envelopes[0].content
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998


def test_a_repeat_has_the_same_message_id(server):
    for current in (notice(), notice(title="another"), notice(notice_id="another")):
        send(current, credential(server), NOW)

    ids = [message_from_bytes(e.content)["Message-ID"] for e in server.handler.envelopes]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@acme.example>")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("451 try later", "retry"),
        ("421 closing", "retry"),
        ("554 no", "failed"),
        ("552 too big", "failed"),
    ],
)
def test_a_reply_to_the_message_decides(server, reply, outcome):
    server.handler.data = reply

    receipt = send(notice(), credential(server), NOW)

    assert (receipt.outcome, receipt.response) == (outcome, reply)


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        (("550 unknown", "553 unknown"), "failed"),
        (("550 unknown", "450 greylisted"), "retry"),
        (("450 greylisted", "450 greylisted"), "retry"),
        (("421 closing", "250 OK"), "retry"),
    ],
)
def test_a_mail_that_nobody_gets(server, replies, outcome):
    server.handler.recipients = dict(zip((OPS, BOSS), replies, strict=True))

    assert send(notice(), credential(server), NOW).outcome == outcome
    assert server.handler.envelopes == []


def test_one_refused_recipient_does_not_keep_the_others_from_their_mail(server):
    server.handler.recipients = {BOSS: f"550 5.1.1 <{BOSS}>: unknown"}

    receipt = send(notice(), credential(server), NOW)

    assert receipt.outcome == "delivered"
    assert receipt.response == "ok, 1 of 2 recipients refused"
    assert server.handler.envelopes[0].rcpt_tos == [OPS]


def test_a_refusal_repeats_no_address(server):
    server.handler.recipients = {a: f"550 5.1.1 <{a}>: unknown" for a in (OPS, BOSS)}

    response = send(notice(), credential(server), NOW).response

    assert response == "550 5.1.1 <***>: unknown"


@pytest.mark.parametrize("moment", ["quit", "farewell"])
def test_a_bad_farewell_does_not_send_a_mail_again(server, moment):
    server.handler.breaks_at = moment

    assert send(notice(), credential(server), NOW).outcome == "delivered"
    assert len(server.handler.envelopes) == 1


def test_a_connection_that_breaks_before_the_reply_is_unknown(server):
    server.handler.breaks_at = "data"

    receipt = send(notice(), credential(server), NOW)

    assert (receipt.outcome, receipt.response) == ("retry", "SMTPServerDisconnected")


def test_a_server_that_says_nothing_is_tried_again(monkeypatch):
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        extra = {"from": FROM, "to": OPS, "security": "none"}
        port = silent.getsockname()[1]
        receipt = send(notice(), Credential("mail", host="127.0.0.1", port=port, extra=extra), NOW)

    assert receipt.outcome == "retry"


def test_nobody_at_the_address_is_tried_again(server):
    nobody = replace(credential(server), port=1)

    assert send(notice(), nobody, NOW).outcome == "retry"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"host": ""}, "host"),
        ({"host": "smtp.acme.example"}, "starttls"),
        ({"host": "10.0.0.1"}, "starttls"),
        ({"extra": {"from": FROM, "security": "none"}}, "extra.to"),
        ({"extra": {"to": OPS, "security": "none"}}, "extra.from"),
        ({"extra": {"from": FROM, "to": "ops, boss", "security": "none"}}, "extra.to"),
        ({"extra": {"from": FROM, "to": OPS, "security": "ssl"}}, "extra.security"),
    ],
)
def test_a_connection_that_cannot_do_fails_and_says_why(server, changes, word):
    receipt = send(notice(), replace(credential(server), **changes), NOW)

    assert receipt.outcome == "failed"
    assert word in receipt.response
    assert "@" not in receipt.response
    assert server.handler.envelopes == []


def test_without_starttls_nothing_is_said_in_the_open(server):
    secret = replace(credential(server, security="starttls"), login="ops", password="app-password")

    receipt = send(notice(), secret, NOW)

    assert (receipt.outcome, "STARTTLS" in receipt.response) == ("failed", True)
    assert server.handler.envelopes == []


def test_starttls_is_the_default(server):
    unsaid = credential(server)
    unsaid = replace(unsaid, extra={"from": FROM, "to": OPS})

    assert "STARTTLS" in send(notice(), unsaid, NOW).response


@pytest.mark.parametrize(
    ("password", "outcome"), [("app-password", "delivered"), ("another-password", "failed")]
)
def test_login_over_starttls(serve, certificate, monkeypatch, password, outcome):
    def check(_server, _session, _envelope, _mechanism, data):
        is_right = (data.login, data.password) == (b"ops", b"app-password")
        return AuthResult(success=is_right, handled=is_right)

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = serve(tls_context=context(certificate), authenticator=check, auth_required=True)
    secret = replace(credential(server, security="starttls"), login="ops", password=password)

    receipt = send(notice(), secret, NOW)

    assert receipt.outcome == outcome
    assert password not in receipt.response
    assert len(server.handler.envelopes) == (outcome == "delivered")


def test_tls_from_the_first_byte(serve, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = serve(ssl_context=context(certificate))

    assert send(notice(), credential(server, security="tls"), NOW).outcome == "delivered"


def test_a_certificate_of_nobody_we_trust_gets_no_mail(serve, certificate):
    server = serve(tls_context=context(certificate))

    receipt = send(notice(), credential(server, security="starttls"), NOW)

    assert (receipt.outcome, receipt.response) == ("retry", "SSLCertVerificationError")
    assert server.handler.envelopes == []


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_a_title_cannot_add_a_header(server, line_break):
    title = f"落后{line_break}Bcc: evil@example.com{line_break}{line_break}<b>body"

    assert send(notice(title=title), credential(server), NOW).outcome == "delivered"
    message = only_message(server)
    assert message["Bcc"] is None
    assert message["Subject"] == "落后 Bcc: evil@example.com <b>body"
    assert server.handler.envelopes[0].rcpt_tos == [OPS, BOSS]


@pytest.mark.parametrize(
    "word",
    [
        "=?utf-8?q?a=0d=0aBcc:_evil@example.com=0d=0a=0d=0abody?=",
        "=?utf-8?b?YQ0KQmNjOiBldmlsQGV4YW1wbGUuY29t?=",
        "==??utf-8?q?a=0d=0aBcc:_evil@example.com?=",
    ],
)
def test_a_title_cannot_hide_a_header_in_an_encoded_word(server, word):
    send(notice(title=f"落后 {word}"), credential(server), NOW)
    send(notice(title=word), credential(server, **{"from": f"{word} <a@x.example>"}), NOW)

    for envelope in server.handler.envelopes:
        message = message_from_bytes(envelope.content)
        assert message["Bcc"] is None
        assert message.get_content_type() == "multipart/alternative"
    assert len(server.handler.envelopes) >= 1


def test_an_address_cannot_add_a_header(server):
    extra = {"from": "a@x.example\r\nBcc: evil@example.com", "to": OPS}

    send(notice(), credential(server, **extra), NOW)

    assert all(message_from_bytes(e.content)["Bcc"] is None for e in server.handler.envelopes)


def test_odd_characters_do_not_keep_a_mail_from_leaving(server):
    odd = notice(title="落后\x00\ud83d" + "长" * 500, lines=("a\x07b\ud800", ""))

    assert send(odd, credential(server), NOW).outcome == "delivered"
    text = parts(only_message(server))["text/plain"].get_content()
    assert "ab?" in text
    assert "\x00" not in text


@pytest.mark.parametrize(
    "title",
    ["🟡【预警】" * 30, "x" * 199, "抖音 「艾可美」 " * 20, "a: b; c, <d@e.f>"],
)
def test_a_long_title_arrives_whole(server, title):
    send(notice(title=title), credential(server), NOW)

    assert only_message(server)["Subject"] == " ".join(title.split())[: mail.SUBJECT_CHARACTERS]


class Tags(HTMLParser):
    """Notes every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_text_from_people_stays_text():
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    text = render(
        notice(
            title=hostile, lines=(hostile,), mentions=(hostile,), board_url=f"https://x/{hostile}"
        )
    )["html"]

    tags = Tags(text).found
    assert not {"script", "img"} & {tag for tag, _attributes in tags}
    assert not any(name.startswith("on") for _tag, attributes in tags for name in attributes)
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "data:text/html,x"])
def test_only_an_address_of_the_web_is_a_link(address):
    assert "<a " not in render(notice(board_url=address))["html"]


def test_the_board_is_linked_in_both_texts():
    rendered = render(notice())

    assert ("a", notice().board_url) in [
        (t, a.get("href")) for t, a in Tags(rendered["html"]).found
    ]
    assert notice().board_url in rendered["text"]


@pytest.mark.parametrize("tone", sorted(mail.COLOURS))
def test_a_tone_has_its_colour(tone):
    assert f"background:{mail.COLOURS[tone]}" in render(notice(tone=tone))["html"]


def test_words_of_the_frame_follow_the_language():
    zh, en = (render(notice(language=name, curve=curve()))["html"] for name in ("zh", "en"))

    assert ("按计划应到" in zh, "打开看板" in zh) == (True, True)
    assert ("Expected by plan" in en, "Open the board" in en, "看板" in en) == (True, True, False)


def test_a_mail_says_whom_it_is_for_and_goes_nowhere_else(server):
    send(notice(mentions=("lin@acme.example",)), credential(server), NOW)

    assert "lin@acme.example" in parts(only_message(server))["text/plain"].get_content()
    assert server.handler.envelopes[0].rcpt_tos == [OPS, BOSS]


def ink(png):
    """Return how many pixels of a picture are not white."""
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        return sum(count for count, colour in colours(image) if min(colour) < 200)


def colours(image):
    return image.convert("RGB").getcolors(maxcolors=image.width * image.height)


@pytest.mark.parametrize("colour", [mail.ACTUAL[1], mail.EXPECTED[1], mail.TARGET[1]])
def test_every_line_is_drawn(colour):
    with Image.open(io.BytesIO(draw(curve()))) as image:
        there = {colour for _count, colour in colours(image)}

    assert tuple(bytes.fromhex(colour.removeprefix("#"))) in there


def test_the_same_curve_is_the_same_picture():
    assert draw(curve()) == draw(curve())


@pytest.mark.parametrize("days", [1, 2, 5, 6, 7, 30, 366])
def test_a_curve_of_any_length_is_drawn(days):
    month = tuple(datetime.date(2026, 1, 1) + datetime.timedelta(n) for n in range(days))
    line = tuple(float(n) for n in range(days))

    assert ink(draw(Curve(month, line, line, 10.0))) > 100


def test_numbers_that_are_none_do_not_break_a_picture():
    month = tuple(datetime.date(2026, 1, 1) + datetime.timedelta(n) for n in range(3))
    odd = Curve(month, (1.0, math.inf, math.nan), (None, None, None), math.nan)

    assert ink(draw(odd)) > 100


@pytest.mark.parametrize("days", [0, 3])
def test_a_curve_without_a_number_is_no_picture(days):
    month = tuple(datetime.date(2026, 1, 1) + datetime.timedelta(n) for n in range(days))

    assert draw(Curve(month, (None,) * days, (None,) * days, 10.0)) == b""
    assert render(notice(curve=Curve((), (), (), 1.0)))["pictures"] == {}


def test_a_page_holds_its_pictures():
    text = page(notice(curve=curve()))

    assert "cid:" not in text
    assert "data:image/png;base64,iVBOR" in text


def test_a_password_that_no_server_could_take_is_not_quoted():
    error = UnicodeEncodeError("ascii", "pässword", 1, 2, "ordinal not in range(128)")

    receipt = judge(error)

    assert receipt.outcome == "failed"
    assert "ä" not in receipt.response


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, plain)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def context(certificate):
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    return server_side
