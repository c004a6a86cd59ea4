// TLS upstream on Go's crypto/tls. Arguments are key=value; prints "ready" when listening.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

var versions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

var groups = map[string]tls.CurveID{
	"x25519": tls.X25519, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
}

const body = "hello from go\n"

func main() {
	options := map[string]string{}
	for _, argument := range os.Args[1:] {
		parts := strings.SplitN(argument, "=", 2)
		options[parts[0]] = parts[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+options["port"])
	if err != nil {
		log.Fatal(err)
	}
	if options["defect"] == "plain" {
		fmt.Println("ready")
		log.Fatal(http.Serve(listener, http.NotFoundHandler()))
	}
	config := configure(options)
	if options["http2"] == "yes" {
		server := http.Server{Handler: http.HandlerFunc(hello), TLSConfig: config}
		fmt.Println("ready")
		log.Fatal(server.ServeTLS(listener, "", ""))
	}
	switch options["defect"] {
	case "http2_only", "closes_without_alpn":
		serveHTTP2(listener, config, options["defect"] == "closes_without_alpn")
	}
	// Whoever asks it for a name that its certificate does not have is sent away.
	var own *x509.Certificate
	if options["defect"] == "misdirects" {
		if own, err = x509.ParseCertificate(config.Certificates[0].Certificate[0]); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("ready")
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(tls.Server(connection, config), own)
	}
}

func configure(options map[string]string) *tls.Config {
	certificate, err := tls.LoadX509KeyPair(options["cert"], options["key"])
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{MinVersion: versions[options["min"]], MaxVersion: versions[options["max"]]}
	if name := options["group"]; name != "" {
		config.CurvePreferences = []tls.CurveID{groups[name]}
	}
	if protocol := options["alpn"]; protocol != "" {
		config.NextProtos = []string{protocol}
	}
	if list := options["suites"]; list != "" {
		wanted := strings.Split(list, ",")
		for _, suite := range tls.CipherSuites() {
			for _, name := range wanted {
				if suite.Name == name {
					config.CipherSuites = append(config.CipherSuites, suite.ID)
				}
			}
		}
		if len(config.CipherSuites) != len(wanted) {
			log.Fatal("no such suites: " + list)
		}
	}
	switch options["defect"] {
	case "no_certificate":
		// A server without certificates that leaves it to a callback, which has none.
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }
		return config
	case "lookup_fails":
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("the certificate store does not answer")
		}
		return config
	}
	if path := options["client_ca"]; path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	name, strict := options["only"]
	if !strict {
		name = options["certificate_for"]
	}
	if name == "" {
		config.Certificates = []tls.Certificate{certificate}
		return config
	}
	var other *tls.Certificate
	if path := options["default_cert"]; path != "" {
		loaded, err := tls.LoadX509KeyPair(path, options["default_key"])
		if err != nil {
			log.Fatal(err)
		}
		other = &loaded
	}
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == name {
			return &certificate, nil
		}
		if other != nil {
			return other, nil
		}
		if strict {
			// What autocert and many proxies do: Go answers with alert 80.
			return nil, errors.New("no such name")
		}
		// No certificate and no error: Go answers with alert 112.
		return nil, nil
	}
	return config
}

func serve(connection *tls.Conn, own *x509.Certificate) {
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	reader := bufio.NewReader(connection)
	status := "200 OK"
	// A packet of uwsgi begins with 0, is short, and comes at once.
	first, err := reader.Peek(1)
	if err != nil {
		return
	}
	for isText := first[0] != 0; isText; {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" {
			break
		}
		if own != nil && strings.HasPrefix(line, "Host: ") {
			host := strings.Split(strings.TrimSpace(line[len("Host: "):]), ":")[0]
			if own.VerifyHostname(host) != nil {
				status = "421 Misdirected Request"
			}
		}
	}
	fmt.Fprintf(connection, "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
}

func hello(writer http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(writer, body)
}

// set tells when a server asks for its first connection: by then it has set HTTP/2 up.
type set struct {
	net.Listener
	done chan struct{}
}

func (s set) Accept() (net.Conn, error) {
	close(s.done)
	select {}
}

// serveHTTP2 speaks HTTP/2 to everybody, or closes on whoever has not chosen it, as gRPC's Go does.
func serveHTTP2(listener net.Listener, config *tls.Config, strict bool) {
	server := &http.Server{Handler: http.HandlerFunc(hello), TLSConfig: config}
	ready := set{listener, make(chan struct{})}
	go server.ServeTLS(ready, "", "")
	<-ready.done
	speak := server.TLSNextProto["h2"]
	fmt.Println("ready")
	for {
		accepted, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			connection := tls.Server(accepted, server.TLSConfig)
			defer connection.Close()
			if connection.Handshake() != nil {
				return
			}
			if strict && connection.ConnectionState().NegotiatedProtocol != "h2" {
				return
			}
			speak(server, connection, server.Handler)
		}()
	}
}
