"""A web server on loopback that misbehaves as told."""

import http.server
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Site:
    """What the server has and does: `answers` of a path are statuses given before the file is."""

    files: dict = field(default_factory=dict)
    answers: dict = field(default_factory=lambda: defaultdict(list))
    drop_after: list = field(default_factory=list)
    retry_after: str = ""
    etag: str = '"one"'
    requests: list = field(default_factory=list)
    port: int = 0

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        site, path = self.server.site, self.path.lstrip("/")
        site.requests.append((path, self.headers))
        if site.answers[path]:
            return self.refuse(site.answers[path].pop(0))
        if path not in site.files:
            return self.refuse(404)
        content = site.files[path]
        start = 0
        resumes = self.headers.get("If-Range", site.etag) == site.etag
        if (asked := self.headers.get("Range", "")) and resumes:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("ETag", site.etag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + site.drop_after.pop(0) if site.drop_after else len(content)
        self.wfile.write(content[start:end])
        return None

    def refuse(self, status):
        self.send_response(status)
        if self.server.site.retry_after:
            self.send_header("Retry-After", self.server.site.retry_after)
        self.end_headers()


@contextmanager
def serving():
    """Run a server until the end of the block; yields its `Site`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.site = Site(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
