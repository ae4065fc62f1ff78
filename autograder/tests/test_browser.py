"""The watch over a page in a browser sees what it should."""

from autograder.tests.browser import PHONE, barriers, browser, opened, overflow  # noqa: F401

PAGE = "<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1>{}</main></html>"


def test_what_a_page_loads_says_and_hides_is_seen(browser, tmp_path):  # noqa: F811
    bad = tmp_path / "bad.html"
    bad.write_text(
        PAGE.format(
            "<img src='https://example.org/a.png'><script>console.error('no'); nothing.here</script>"
            "<div style='width: 500px'>wide</div>"
        )
    )
    with opened(browser, bad, size=PHONE) as seen:
        assert seen.requests == ["https://example.org/a.png"]
        assert any("no" in said for said in seen.complaints)
        assert any("nothing is not defined" in said for said in seen.complaints)
        assert [found.split(":")[0] for found in barriers(seen.page)] == ["image-alt"]
        assert overflow(seen.page) > 100


def test_a_page_without_fault_is_left_in_peace(browser, tmp_path):  # noqa: F811
    good = tmp_path / "good.html"
    good.write_text(PAGE.format("<p>Good.</p>"))
    with opened(browser, good) as seen:
        assert seen.requests == seen.complaints == barriers(seen.page) == []
        assert overflow(seen.page) == 0
