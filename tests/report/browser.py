"""Drives a real Chromium over its debugging pipe (Chrome DevTools Protocol): no driver and no further package."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = next((found for name in ("chromium", "google-chrome", "chrome") if (found := shutil.which(name))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip


class Chromium:
    """A browser, and the pipe to it."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        for end in (to_browser, from_browser):
            os.set_inheritable(end, True)
        # The protocol's pipe is at descriptors 3 and 4: the shell puts them there.
        shell = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        command = ["bash", "-c", shell, CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            command, pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0

    def tell(self, message: dict[str, Any]) -> int:
        """Send a message, and return the number that the answer will have."""
        self._number += 1
        os.write(self._write, json.dumps({"id": self._number, **message}).encode() + b"\0")
        return self._number

    def hear(self) -> dict[str, Any]:
        """Return the next message from there."""
        while b"\0" not in self._buffer:
            got = os.read(self._read, 1 << 20)
            assert got, "the browser has gone"
            self._buffer += got
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def close(self) -> None:
        os.close(self._write)
        self._process.terminate()
        self._process.wait(20)
        os.close(self._read)


class Browser:
    """One tab with a profile of its own; `errors` are messages of the console, `requests` the addresses asked for."""

    def __init__(self, chromium: Chromium, folder: Path, width: int = 1280, height: int = 900) -> None:
        self._chromium = chromium
        self._session = ""
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._own = {"browserContextId": self.call("Target.createBrowserContext")["browserContextId"]}
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), **self._own)
        target = self.call("Target.createTarget", url="about:blank", **self._own)["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def call(self, method: str, **params: Any) -> Any:
        session = {"sessionId": self._session} if self._session and not method.startswith("Target") else {}
        number = self._chromium.tell({"method": method, "params": params, **session})
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        message = self._chromium.hear()
        if message.get("sessionId") != self._session:  # of a tab that was closed
            return message if not self._session or "id" in message else {}
        match message.get("method"):
            case "Runtime.exceptionThrown":
                exception = message["params"]["exceptionDetails"].get("exception", {})
                self.errors.append(str(exception.get("description", message["params"])))
            case "Log.entryAdded":
                self.errors.append(message["params"]["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"][:100])
        return message

    def open(self, path: Path, fragment: str = "") -> None:
        """Show the page from disk and wait until its script has ended."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=f"{path.resolve().as_uri()}{fragment}")
        until = time.monotonic() + 120
        while self.value("document.documentElement?.dataset.ready") != "yes":
            assert time.monotonic() < until, f"the page never got ready: {self.errors}"
            time.sleep(0.05)

    def open_without_scripts(self, path: Path) -> None:
        """Show the page from disk with JavaScript switched off."""
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Page.navigate", url=path.resolve().as_uri())
        until = time.monotonic() + 60
        while self.value("document.readyState + Boolean(document.querySelector('footer'))") != "completetrue":
            assert time.monotonic() < until, "the page was never read whole"
            time.sleep(0.05)

    def until(self, script: str, wanted: Any = True) -> None:
        """Wait until a JavaScript expression gives this value."""
        end = time.monotonic() + 30
        while (found := self.value(script)) != wanted:
            assert time.monotonic() < end, f"{script} is {found!r}, not {wanted!r}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press a key as a user does: Tab, Enter or Escape."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)
            text = {}

    def value(self, script: str) -> Any:
        """Return what a JavaScript expression (a promise too) gives."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def choose(self, name: str, value: str) -> None:
        """Set a field of the filters as a user does."""
        self.value(
            f"(() => {{ const f = document.getElementById('filters').elements[{name!r}]; f.value = {value!r};"
            "f.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )

    def resize(self, width: int, height: int = 900) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, path: Path, *, whole: bool = True) -> None:
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        """Close the tab and forget its profile."""
        self.call("Target.disposeBrowserContext", **self._own)
