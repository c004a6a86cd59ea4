// TLS upstream on Node's tls module. Arguments are key=value; prints "ready" when listening.
'use strict';
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const tls = require('tls');

const options = Object.fromEntries(process.argv.slice(2).map((a) => {
  const at = a.indexOf('=');
  return [a.slice(0, at), a.slice(at + 1)];
}));
const versions = { '1.0': 'TLSv1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' };
const certified = { cert: fs.readFileSync(options.cert), key: fs.readFileSync(options.key) };

const settings = {
  minVersion: versions[options.min],
  maxVersion: versions[options.max],
};
if (!options.certificate_for && options.defect !== 'no_certificate') Object.assign(settings, certified);
if (options.suites) settings.ciphers = options.suites;
if (options.group) settings.ecdhCurve = options.group;
if (options.signature) settings.sigalgs = options.signature;
if (options.dh) settings.dhparam = fs.readFileSync(options.dh);
if (options.alpn) settings.ALPNProtocols = [options.alpn];
settings.honorCipherOrder = true;
if (options.client_ca) {
  settings.requestCert = true;
  settings.rejectUnauthorized = true;
  settings.ca = fs.readFileSync(options.client_ca);
  if (options.client_crl) settings.crl = fs.readFileSync(options.client_crl);
}
if (options.only || options.certificate_for) {
  // Node asks only when a name came.
  settings.SNICallback = (name, answer) => {
    const wanted = options.only || options.certificate_for;
    if (name === wanted) answer(null, tls.createSecureContext(certified));
    else answer(new Error('no such name'));
  };
}

function serve(socket) {
  let request = '';
  socket.on('data', (part) => {
    request += part;
    // A packet of uwsgi begins with 0, is short, and comes at once.
    if (part[0] !== 0 && !request.includes('\r\n\r\n')) return;
    const body = 'hello from node\n';
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  });
  socket.on('error', () => {});
}

const hello = (_, response) => response.end('hello from node\n');
const server = options.defect === 'plain'
  ? http.createServer(hello)
  : options.defect === 'http2_only'
    ? http2.createSecureServer(settings, hello)
    : tls.createServer(settings, serve);
server.on('tlsClientError', () => {});
server.listen(Number(options.port), '127.0.0.1', () => console.log('ready'));
