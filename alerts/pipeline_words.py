"""The phrases of messages about the pipeline, one set per language."""

from collections.abc import Mapping

from alerts.problems import Kind

HEADS: Mapping[str, Mapping[Kind, str]] = {
    "zh": {
        "gate_failed": "🛑【未发布】{subject} 数据未过检查，看板仍为 {shown} 版",
        "slices_refused": "🛑【已隔离】{subject} 有数据未过检查",
        "source_late": "⚪【数据未到】{subject}",
        "credential_refused": "🔴【凭证失效】{subject}",
        "quota_exhausted": "🟡【额度用尽】{subject}",
        "drift_found": "🟡【接口变化】{subject}",
        "dag_failed": "🔴【任务失败】{subject}",
        "run_late": "🟡【运行超时】{subject}",
    },
    "en": {
        "gate_failed": "🛑 [Not published] {subject} failed its checks, boards still show {shown}",
        "slices_refused": "🛑 [Held back] {subject}: data failed its checks",
        "source_late": "⚪ [Data missing] {subject}",
        "credential_refused": "🔴 [Credential refused] {subject}",
        "quota_exhausted": "🟡 [Quota used up] {subject}",
        "drift_found": "🟡 [API changed] {subject}",
        "dag_failed": "🔴 [Task failed] {subject}",
        "run_late": "🟡 [Run late] {subject}",
    },
}
REMEDIES: Mapping[str, Mapping[Kind, str]] = {
    "zh": {
        "gate_failed": "该批已隔离；KPI 告警本次不发",
        "slices_refused": "该批已隔离，其余照常；tidemark gate 可查",
        "source_late": "不是 0，也不算未达成",
        "credential_refused": "请重新授权，再 tidemark doctor",
        "quota_exhausted": "次日自动续读；tidemark extract 可补",
        "drift_found": "数据照常落地；请核对字段",
        "dag_failed": "查任务日志，修复后清除重跑",
        "run_late": "在 Airflow 查看卡住的任务，必要时清除重跑",
    },
    "en": {
        "gate_failed": "the batch is quarantined; no goal alerts this time",
        "slices_refused": "they are quarantined, the rest goes on; see tidemark gate",
        "source_late": "not missed",
        "credential_refused": "authorise again, then tidemark doctor",
        "quota_exhausted": "read again tomorrow; or tidemark extract",
        "drift_found": "rows land as before; compare the fields",
        "dag_failed": "read the task's log, mend, clear it",
        "run_late": "see which task hangs, clear it if need be",
    },
}
OVER = {"zh": "🟢【恢复】{subject}", "en": "🟢 [Resolved] {subject}"}
LASTED = {"zh": "{since} 起，历时 {days} 天", "en": "since {since}, {days} days"}
UNJUDGED = {"zh": "{n} 个目标暂不判定（{goals}）；", "en": "{n} goals unjudged ({goals}), "}
ON_DUTY = {
    "zh": "无需运营操作｜工程值班 {who} 处理中",
    "en": "No action｜on duty {who}",
}
SOMEBODY_ON_DUTY = {
    "zh": "无需运营操作｜工程值班处理中",
    "en": "No action｜engineers are at it",
}
HEALTH = {"zh": "数据健康 ↗ ｜编号 {code}", "en": "Data health ↗ ｜{code}"}
CODE = {"zh": "编号 {code}", "en": "id {code}"}
AND_MORE = {"zh": "等 {n} 处", "en": "{n} in all"}
