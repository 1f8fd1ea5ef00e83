"""Opens a report in a headless Chromium by its DevTools protocol, as somebody would who has a keyboard alone.

    report_page.py BROWSER PAGE FOLDER [--paint-only]

Says one line of JSON: `errors` (of the console, of scripts, of the page's policy), `requests` (every URL that was asked for
beside the page), `charts`, `nodes` (of the graph), `tabbed` (what the Tab key reached, in order), `opened`, `filtered`,
`sorted`, `asked`
(from an identity to its findings) and `paged` (what the keyboard did), `colours` (of the paper in light, dark and print), `printed` (bytes of a PDF), and
`paint` (milliseconds to the first paint). Leaves light.png, dark.png, print.png and print.pdf in FOLDER.
With --paint-only it says `errors` and `paint` alone, and leaves nothing.
"""

import base64
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE = 60.0


def surroundings(binary: Path, profile: Path) -> dict[str, str]:
    """Where an unpacked Chromium finds the libraries and fonts that were unpacked with it."""
    usr = binary.parents[2]
    libraries = [folder for pattern in ("lib/*-linux-gnu", "lib/*-linux-gnu/pulseaudio") for folder in usr.glob(pattern)]
    fonts = profile / "fonts.conf"
    fonts.write_text(f"<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
                     f"<include ignore_missing='yes'>/etc/fonts/fonts.conf</include><dir>{usr / 'share/fonts'}</dir>"
                     f"<cachedir>{profile / 'fonts'}</cachedir></fontconfig>")
    return {"LD_LIBRARY_PATH": ":".join(map(str, libraries)), "FONTCONFIG_FILE": str(fonts)}


class Browser:
    """A Chromium with one page, spoken to over two pipes."""

    def __init__(self, binary: str, profile: str):
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()

        def pipes() -> None:
            # The protocol wants descriptors 3 and 4; either may be one of ours.
            read, write = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(read, 3)
            os.dup2(write, 4)

        options = ["--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run", "--disable-gpu",
                   "--disable-dev-shm-usage", "--hide-scrollbars"]
        if os.geteuid() == 0:
            # Its sandbox is not for root. The page is our own, and asks for nothing.
            options.append("--no-sandbox")
        self.child = subprocess.Popen([binary, *options, "about:blank"], preexec_fn=pipes, close_fds=False,
                                      env=os.environ | surroundings(Path(binary), Path(profile)),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.rest = b""
        self.number = 0
        self.events: list[dict] = []
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.ask(f"{domain}.enable")

    def _message(self) -> dict:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.into], [], [], max(0.0, until - time.monotonic()))
            part = os.read(self.into, 1 << 16) if ready else b""
            if not part:
                raise SystemExit("Chromium ended or said nothing for long")
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method: str, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            heard = self._message()
            if heard.get("id") == self.number:
                if "error" in heard:
                    raise SystemExit(f"{method}: {heard['error']}")
                return heard["result"]
            self.events.append(heard)

    def wait(self, method: str) -> None:
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._message())

    def value(self, expression: str):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, key: str, code: int, text: str | None = None) -> None:
        also = {"text": text} if text else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **also)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path: Path, whole: bool) -> None:
        clip = {}
        if whole:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 8000), "scale": 1},
                    "captureBeyondViewport": True}
        shot = self.ask("Page.captureScreenshot", format="png", **clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def errors(self) -> list[str]:
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            match event.get("method"):
                case "Runtime.exceptionThrown":
                    found.append(json.dumps(parameters["exceptionDetails"]))
                case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "warning", "assert"):
                    found.append(json.dumps(parameters["args"]))
                case "Log.entryAdded" if parameters["entry"]["level"] in ("error", "warning"):
                    found.append(parameters["entry"]["text"])
        return found

    def end(self) -> None:
        self.child.kill()
        self.child.wait()


# What has the keyboard, in a word that a test knows again.
FOCUSED = """(() => { const one = document.activeElement;
    return [one.tagName.toLowerCase(), one.id || one.className || one.dataset.name || one.dataset.column || ""].join(" "); })()"""
PAPER = "getComputedStyle(document.body).backgroundColor"


def looked_at(browser: Browser, folder: Path) -> dict:
    said = {
        "charts": browser.value("document.querySelectorAll('figure.chart svg[role=img] > title').length"),
        "nodes": browser.value("document.querySelectorAll('.graph .node').length"),
    }
    tabbed = []
    for _ in range(140):
        browser.press("Tab", 9)
        tabbed.append(browser.value(FOCUSED))
        if tabbed[-1].startswith("button identities-") or tabbed[-1].startswith("body"):
            break
    said["tabbed"] = tabbed
    browser.value("document.querySelector('details.finding summary').focus()")
    browser.press("Enter", 13, "\r")
    said["opened"] = browser.value("document.querySelector('details.finding').open")
    browser.value("document.querySelector('#findings-next').focus()")
    browser.press("Enter", 13, "\r")
    said["paged"] = browser.value("document.querySelector('#findings-said').textContent")
    browser.value("document.querySelector('#identities-head button').focus()")
    browser.press("Enter", 13, "\r")
    said["sorted"] = browser.value(
        "[...document.querySelectorAll('#identities-list th')].map((one) => one.textContent)")
    browser.value("document.querySelector('#identities-list button').focus()")
    browser.press("Enter", 13, "\r")
    said["asked"] = browser.value("""[document.querySelector('#findings-text').value, document.activeElement.id,
        document.querySelector('#findings-said').textContent,
        document.querySelector('#identities-list tr').children[7].textContent]""")
    browser.value("document.querySelector('#findings-text').select()")
    browser.ask("Input.insertText", text="RootAccess-nobody")
    said["filtered"] = [browser.value("document.querySelector('#findings-said').textContent")]
    browser.value("document.querySelector('#findings-text').select()")
    browser.ask("Input.insertText", text="administrator")
    said["filtered"] += browser.value(
        "[...document.querySelectorAll('#findings-list details')].map((one) => one.textContent.toLowerCase())")

    browser.ask("Page.reload")
    browser.events = [event for event in browser.events if event.get("method") != "Page.loadEventFired"]
    browser.wait("Page.loadEventFired")
    colours = {}
    for scheme in ("light", "dark"):
        browser.ask("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colours[scheme] = browser.value(PAPER)
        browser.screenshot(folder / f"{scheme}.png", whole=True)
    browser.ask("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    colours["print"] = browser.value(PAPER)
    browser.screenshot(folder / "print.png", whole=True)
    browser.ask("Emulation.setEmulatedMedia", media="", features=[])
    said["colours"] = colours
    pdf = base64.b64decode(browser.ask("Page.printToPDF", printBackground=True)["data"])
    (folder / "print.pdf").write_bytes(pdf)
    said["printed"] = len(pdf)
    return said


def main() -> None:
    binary, page, folder, *options = sys.argv[1:]
    address = Path(page).resolve().as_uri()
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(binary, profile)
        try:
            browser.ask("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
            browser.ask("Page.navigate", url=address)
            browser.wait("Page.loadEventFired")
            # The paint is told a moment after the load of a page that is small.
            paint = browser.value("""new Promise((resolve) => { const look = () => {
                const found = performance.getEntriesByType('paint').find((one) => one.name === 'first-contentful-paint');
                if (found) resolve(found.startTime); else setTimeout(look, 10); }; look(); })""")
            said = {} if "--paint-only" in options else looked_at(browser, Path(folder))
            requests = [event["params"]["request"]["url"] for event in browser.events
                        if event.get("method") == "Network.requestWillBeSent"]
            said |= {"paint": paint, "errors": browser.errors(),
                     "requests": [url for url in requests if url != address]}
        finally:
            browser.end()
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
