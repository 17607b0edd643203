"""Chinese and English names of the lifecycle's words, for its page in the documentation."""

from __future__ import annotations

STATES = {
    "triage": "待分流",
    "collected": "已收集",
    "sorted": "已梳理",
    "dispatched": "已派单",
    "accepted": "已受理",
    "returned": "已退回",
    "on_open_list": "挂账",
    "handled": "已处理",
    "verified": "已核查",
    "fed_back": "已反馈",
    "closed": "已办结",
    "duplicate": "重复",
    "cancelled": "已作废",
    "reopened": "重新打开",
}

ACTIONS = {
    "route": "分流",
    "sort": "梳理",
    "handle": "处理",
    "dispatch": "派单",
    "accept": "受理",
    "return": "退回",
    "carry_openly": "挂账",
    "resume": "恢复办理",
    "verify": "核查通过",
    "reject": "核查不通过",
    "feed_back": "反馈",
    "close": "结案",
    "mark_duplicate": "并案",
    "cancel": "作废",
    "reopen": "重新打开",
    "transfer_grid": "移交网格",
    "transfer_department": "转办部门",
    "set_deadline": "调整时限",
    "show": "公开",
    "hide": "取消公开",
    "remark": "备注",
    "remind": "催办",
    "escalate": "上报街道",
}

STAGES = {"dispatch": "派单", "accept": "受理", "handle": "处理", "feed_back": "反馈"}

OWNERS = {
    "grid": "Grid 网格",
    "desk": "Street's desk 街道派单台",
    "department": "Department 部门",
    None: "Nobody: it has ended 已结束",
}

ROLES = {
    "grid_worker": "grid worker 网格员",
    "community_staff": "community staff 社区工作人员",
    "street_dispatcher": "street dispatcher 街道派单员",
    "department_handler": "department handler 部门经办人",
    "service": "the service itself",
}
