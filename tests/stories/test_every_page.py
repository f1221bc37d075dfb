"""Every page as every role: axe finds no violation, and nothing is wider than a phone."""

import pytest
from checks import overflow, violations
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import Engine

from item_bank.database import unit_of_work
from scripts.tour import PASSWORD, Stop, furnish, tour
from web.demo.seed import import_records

pytestmark = pytest.mark.browser

NOT_LINKED = {
    "audit.sitting_export",  # files
    "candidate.export",
    "personnel.board_export",
    "personnel.eligibility_export",
    "personnel.import_template",
    "psychometrician.parameter_set_csv",
    "psychometrician.ratings.severity_csv",
    "candidate.time_left",  # answers to scripts
    "psychometrician.calibration_progress",
    "psychometrician.sitting_signs",
    "public.start",  # sends on
    "public.receipt",  # shown once, after sending a report
    "public.followed",  # behind a receipt code
    "candidate.refused",  # behind the button that refuses
    "static",
}


@pytest.fixture(scope="module")
def stops(live_app: Flask, engine: Engine) -> list[Stop]:
    with unit_of_work(engine) as session:
        import_records(session)
    visitors = furnish(engine)
    live_app.config["WTF_CSRF_ENABLED"] = False
    found = list(tour(live_app, visitors))
    live_app.config["WTF_CSRF_ENABLED"] = True
    return found


def test_tour_reaches_every_page(live_app: Flask, stops: list[Stop]) -> None:
    pages = {
        rule.endpoint for rule in live_app.url_map.iter_rules() if "GET" in (rule.methods or set())
    }
    reached = {
        endpoint
        for endpoint in pages
        if any(endpoint.replace(".", "-") in stop.name for stop in stops)
    }
    assert sorted(pages - reached - NOT_LINKED) == []


def test_no_axe_violation_and_no_sideways_scroll(
    browser: Browser, site: str, stops: list[Stop]
) -> None:
    faults = []
    for login in dict.fromkeys(stop.login for stop in stops):
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()
        if login is not None:
            page.goto(site + "/masuk")
            page.fill("[name=login]", login)
            page.fill("[name=password]", PASSWORD)
            page.click("main button")
            page.wait_for_url(lambda url: "/masuk" not in url)
        for stop in (one for one in stops if one.login == login):
            page.goto(site + stop.url)
            faults += [f"{stop.name}: {fault}" for fault in violations(page)]
            if wider := overflow(page):
                faults.append(f"{stop.name}: {wider} px wider than a phone")
        context.close()
    assert faults == []
