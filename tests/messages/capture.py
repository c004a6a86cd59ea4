#!/usr/bin/env python3
"""Captures handshake messages of real TLS stacks, on loopback only.

    capture.py client NAME -- COMMAND ...   the ClientHello that COMMAND sends to 127.0.0.1:{port}
    capture.py server TYPE NAME -- COMMAND ...
        the first message of that HandshakeType that COMMAND, a server on {port}, answers in the
        clear to Python's own client (at most TLS 1.2 with TLS12=1 in the environment)

Writes NAME.hex beside this file: the command as a comment, then the message with its header.
"""

import os
import socket
import ssl
import subprocess
import sys
import time

HANDSHAKE = 22


def main():
    split = sys.argv.index("--")
    mode, *rest = sys.argv[1:split]
    command = sys.argv[split + 1 :]
    if mode == "client":
        (name,) = rest
        message = client(command)
    else:
        kind, name = rest
        message = server(command, int(kind))
    shown = " ".join(command)
    if os.environ.get("TLS12"):
        shown = "TLS12=1 " + shown
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".hex")
    with open(path, "w") as file:
        file.write(f"# {shown}\n")
        if os.environ.get("STACK"):
            file.write(f"# {os.environ['STACK']}\n")
        file.write(message.hex() + "\n")


def client(command):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(20)
        process = start(command, port)
        connection, _ = listener.accept()
        connection.settimeout(5)
        received = b""
        while not (found := messages(received)):
            received += connection.recv(65536)
        connection.close()
        process.kill()
        return found[0]


def server(command, wanted):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = start(command, port)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if os.environ.get("TLS12"):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="api.example.com")
        connection = connect(port)
        connection.settimeout(5)
        received = b""
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            connection.sendall(outgoing.read())
            chunk = connection.recv(65536)
            received += chunk
            for message in messages(received):
                if message[0] == wanted:
                    return message
            incoming.write(chunk)
            if not chunk:
                raise SystemExit("the server closed before that message")
    finally:
        process.kill()


def start(command, port):
    filled = [part.replace("{port}", str(port)) for part in command]
    return subprocess.Popen(
        filled, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def connect(port):
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit("the server does not listen")


def messages(received):
    """The whole handshake messages in a stream of plaintext records."""
    stream = b""
    while len(received) >= 5:
        length = int.from_bytes(received[3:5])
        if received[0] == HANDSHAKE and len(received) >= 5 + length:
            stream += received[5 : 5 + length]
        received = received[5 + length :]
    found = []
    while len(stream) >= 4 and len(stream) >= 4 + int.from_bytes(stream[1:4]):
        end = 4 + int.from_bytes(stream[1:4])
        found.append(stream[:end])
        stream = stream[end:]
    return found


if __name__ == "__main__":
    main()
