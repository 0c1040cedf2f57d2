# SPDX-License-Identifier: MIT
"""The nginx in front of all subjects: the product's own files, led to each of them."""
import glob
import os
import pwd
import re
import socket

from machine import Process


def free_ports(n):
    """Held all at once, so that they differ."""
    sockets = [socket.socket() for _ in range(n)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


HTTP = """\
daemon off;
pid pid/nginx.pid;
error_log log/nginx.log warn;
worker_processes auto;
events {{ worker_connections 4096; }}
http {{
	client_body_temp_path tmp/body;
	fastcgi_temp_path tmp/fastcgi;
	proxy_temp_path tmp/proxy;
	uwsgi_temp_path tmp/uwsgi;
	scgi_temp_path tmp/scgi;
	include snippets/postern-http.conf;
	access_log off;
	map $http_origin $postern_cors_origin {{ default ""; }}
	map "" $postern_account {{ default "/nonexistent"; }}
	keepalive_requests 1000000;
{servers}
}}
"""

# As in nginx/nginx.conf: upstreams with the socket twice, TLS, and what every reply gets.
SERVER = """
	upstream {name} {{
		server unix:{socket} max_fails=0;
		server unix:{socket} max_fails=0;
		keepalive 32;
		{keepalive}
	}}
	upstream {name}_again {{
		server unix:{socket} max_fails=0;
		server unix:{socket} max_fails=0;
	}}
	server {{
		listen 127.0.0.1:{tls} ssl;
		listen 127.0.0.1:{plain};
		ssl_certificate {certificates}/cert.pem;
		ssl_certificate_key {certificates}/key.pem;
		include snippets/postern-tls.conf;
		include snippets/{name}.conf;
	}}
"""

# What nginx/postern-fastcgi.conf says, for HTTP.
PROXY = """\
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header X-Request-Id $postern_request_id;
proxy_connect_timeout 1s;
proxy_send_timeout 5s;
proxy_read_timeout 15s;
proxy_next_upstream error timeout;
proxy_next_upstream_timeout 5s;
proxy_request_buffering on;
proxy_buffer_size 16k;
proxy_buffers 16 16k;
proxy_max_temp_file_size 0;
proxy_intercept_errors off;
"""

# The workers of Postern that are replaced wait for it; who is not replaced has no need of it.
SHORT = "keepalive_timeout 2s; keepalive_time 4s; keepalive_requests 1000;"
LONG = "keepalive_requests 1000000;"


class Nginx:
    """One nginx for all subjects: each has a TLS port and a plain one, and the product's files."""

    def __init__(self, bench, subjects):
        self.bench, self.root = bench, f"{bench.work}/nginx"
        for folder in ("conf/snippets", "pid", "tmp", "log"):
            os.makedirs(f"{self.root}/{folder}", exist_ok=True)
        for path in glob.glob("nginx/postern-*.conf"):
            with open(path) as f:
                self.write(f"snippets/{os.path.basename(path)}", f.read())
        self.write("snippets/bench-proxy.conf", PROXY)
        server = self.whole("nginx/postern-server.conf")
        servers = ""
        ports = iter(free_ports(2 * len(subjects)))
        for s in subjects:
            s.tls, s.plain = next(ports), next(ports)
            self.write(f"snippets/{s.name}.conf", self.passing(server, s))
            servers += SERVER.format(
                name=s.name,
                socket=s.socket(bench),
                keepalive=LONG if s.kind == "proxy" else SHORT,
                tls=s.tls,
                plain=s.plain,
                certificates=f"{bench.work}/main/tls",
            )
        self.write("nginx.conf", HTTP.format(servers=servers))
        if os.geteuid() == 0:
            user = pwd.getpwnam("www-data")
            for folder in ("pid", "tmp", "log"):
                os.chown(f"{self.root}/{folder}", user.pw_uid, user.pw_gid)

    def write(self, name, text):
        with open(f"{self.root}/conf/{name}", "w") as f:
            f.write(text)

    @staticmethod
    def whole(path):
        """A file of nginx with what it includes of the parts that pass on to the pool."""
        with open(path) as f:
            text = f.read()
        return re.sub(
            r"include snippets/(postern-(?:mount|again)\.conf);",
            lambda m: Nginx.whole(f"nginx/{m[1]}"),
            text,
        )

    @staticmethod
    def passing(server, subject):
        """nginx/postern-server.conf, led to the subject."""
        name = subject.name
        for old, fastcgi, proxy in (
            ("snippets/postern-fastcgi.conf", "snippets/postern-fastcgi.conf", "snippets/bench-proxy.conf"),
            ("fastcgi_keep_conn on;", "fastcgi_keep_conn on;", ""),
            ("fastcgi_pass postern;", f"fastcgi_pass {name};", f"proxy_pass http://{name};"),
            ("fastcgi_pass postern_again;", f"fastcgi_pass {name}_again;", f"proxy_pass http://{name}_again;"),
        ):
            if old not in server:
                raise SystemExit(f"nginx/postern-server.conf has no '{old}' any more")
            server = server.replace(old, fastcgi if subject.kind == "fastcgi" else proxy)
        return server

    def start(self):
        command = ["nginx", "-p", self.root, "-e", "log/nginx.log", "-c", "conf/nginx.conf"]
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        self.process = Process(self.bench.owner.popen, command, self.bench.log("nginx"), environment)
        self.pid = self.process.pid
