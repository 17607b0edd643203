from api.permissions_page import PAGE, page


def test_the_page_of_permissions_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run “python -m api.permissions_page”"


def test_every_cell_is_on_the_page() -> None:
    lines = {line.split(" | ")[0]: line.split(" | ") for line in page().splitlines() if "`" in line}
    resident, worker = 1, 2
    assert lines["| `issue`"][resident] == "ri"
    assert lines["| `issue`"][worker] == "ric"
    assert lines["| `resident`"][resident] == ""
    assert lines["| `road`"][resident] == "R"
