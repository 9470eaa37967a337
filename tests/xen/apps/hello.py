#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A web application of the standard library, for a guest that is nothing else."""
import datetime
import http.server
import json
import time


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = {"path": self.path, "year": datetime.datetime.now().year, "hello": "from Python",
                  "uptime": time.clock_gettime(time.CLOCK_BOOTTIME)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 80), Hello).serve_forever()
