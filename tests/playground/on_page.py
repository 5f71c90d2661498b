"""What a test reads on the live page, and waits for."""


def facts(page):
    return page.locator(".facts-line").inner_text()


def changed(page, selector, before):
    script = "([old, what]) => document.querySelector(what).innerText !== old"
    page.wait_for_function(script, arg=[before, selector])


def wait_for_facts(page, before):
    changed(page, ".facts-line", before)
    return facts(page)
