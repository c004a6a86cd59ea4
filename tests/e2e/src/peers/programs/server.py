"""TLS upstream on Python's ssl module. Arguments are key=value; prints "ready" when listening."""
import socket
import ssl
import sys
import threading

options = dict(argument.split("=", 1) for argument in sys.argv[1:])
VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def context(with_certificate):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.minimum_version = VERSIONS[options["min"]]
    ctx.maximum_version = VERSIONS[options["max"]]
    if "suites" in options:
        ctx.set_ciphers(options["suites"])
    if with_certificate:
        ctx.load_cert_chain(options["cert"], options["key"])
    if "group" in options:
        ctx.set_ecdh_curve(options["group"])
    if "dh" in options:
        ctx.load_dh_params(options["dh"])
    if "alpn" in options:
        ctx.set_alpn_protocols([options["alpn"]])
    if "client_ca" in options:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(options["client_ca"])
        if "client_crl" in options:
            ctx.load_verify_locations(options["client_crl"])
            ctx.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return ctx


def by_name(connection, name, _ctx):
    if options.get("defect") == "lookup_fails":
        raise OSError("the certificate store does not answer")
    if options.get("defect") == "denies":
        return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
    if "certificate_for" in options:
        if name == options["certificate_for"]:
            connection.context = named
        return None
    if name != options["only"]:
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    return None


def close_gently(connection):
    """Lets the alert arrive: closing with unread bytes would send RST."""
    try:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    except OSError:
        pass


def serve(plain):
    plain.settimeout(10)
    copy = plain.dup()
    try:
        with default.wrap_socket(plain, server_side=True) as tls:
            request = b""
            # A packet of uwsgi begins with 0, is short, and comes at once.
            while b"\r\n\r\n" not in request and request[:1] != b"\0":
                part = tls.recv(4096)
                if not part:
                    return
                request += part
            body = b"hello from python\n"
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
            tls.sendall(head + body)
    except OSError:
        close_gently(copy)
    copy.close()


named = context(True)
DEFECT = options.get("defect")
default = context("certificate_for" not in options and DEFECT != "no_certificate")
if "only" in options or "certificate_for" in options or DEFECT in ("lookup_fails", "denies"):
    default.sni_callback = by_name

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(options["port"])))
listener.listen(64)
print("ready", flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
