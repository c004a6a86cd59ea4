// TLS upstream on JSSE. Arguments are key=value; prints "ready" when listening.
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

public class Server {
    private static final Map<String, String> OPTIONS = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            OPTIONS.put(parts[0], parts[1]);
        }
        SSLServerSocket server = open();
        server.setReuseAddress(true);
        int port = Integer.parseInt(OPTIONS.get("port"));
        server.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 64);
        System.out.print("ready\n");
        System.out.flush();
        while (true) {
            SSLSocket socket = (SSLSocket) server.accept();
            Thread thread = new Thread(() -> serve(socket));
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** What the library reads once, before its first use. */
    private static void setProperties() {
        if (OPTIONS.containsKey("group")) {
            System.setProperty("jdk.tls.namedGroups", OPTIONS.get("group"));
        }
        if (OPTIONS.containsKey("signature")) {
            System.setProperty("jdk.tls.server.SignatureSchemes", OPTIONS.get("signature"));
        }
        if (OPTIONS.containsKey("dh")) {
            System.setProperty("jdk.tls.ephemeralDHKeySize", "1024");
        }
        if (OPTIONS.containsKey("weak")) {
            Security.setProperty("jdk.tls.disabledAlgorithms", "");
            Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        }
    }

    private static SSLServerSocket open() throws Exception {
        setProperties();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new ByName()}, trust(), null);
        SSLServerSocket server =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
        configure(server);
        return server;
    }

    private static void configure(SSLServerSocket server) {
        List<String> protocols = new ArrayList<>();
        for (String version : List.of("1.0", "1.2", "1.3")) {
            if (version.compareTo(OPTIONS.get("min")) >= 0
                    && version.compareTo(OPTIONS.get("max")) <= 0) {
                protocols.add(version.equals("1.0") ? "TLSv1" : "TLSv" + version);
            }
        }
        SSLParameters parameters = server.getSSLParameters();
        parameters.setProtocols(protocols.toArray(new String[0]));
        if (OPTIONS.containsKey("suites")) {
            parameters.setCipherSuites(OPTIONS.get("suites").split(","));
        }
        parameters.setUseCipherSuitesOrder(true);
        if (OPTIONS.containsKey("alpn")) {
            parameters.setApplicationProtocols(new String[] {OPTIONS.get("alpn")});
        }
        if (OPTIONS.containsKey("client_ca")) {
            parameters.setNeedClientAuth(true);
        }
        if (OPTIONS.containsKey("only")) {
            String pattern = OPTIONS.get("only").replace(".", "\\.");
            parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher(pattern)));
        }
        server.setSSLParameters(parameters);
    }

    private static TrustManager[] trust() throws Exception {
        if (!OPTIONS.containsKey("client_ca")) {
            return null;
        }
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int count = 0;
        for (Certificate certificate : certificates(OPTIONS.get("client_ca"))) {
            store.setCertificateEntry("ca" + count++, certificate);
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static Collection<? extends Certificate> certificates(String path) throws Exception {
        InputStream bytes = new ByteArrayInputStream(Files.readAllBytes(Path.of(path)));
        return CertificateFactory.getInstance("X.509").generateCertificates(bytes);
    }

    private static PrivateKey key(String path) throws Exception {
        String pem = Files.readString(Path.of(path)).replaceAll("-----[A-Z ]+-----|\\s", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        } catch (InvalidKeySpecException e) {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        }
    }

    private static void serve(SSLSocket socket) {
        try (Socket closing = socket) {
            socket.setSoTimeout(10_000);
            StringBuilder request = new StringBuilder();
            byte[] part = new byte[4096];
            // A packet of uwsgi begins with 0, is short, and comes at once.
            while (request.indexOf("\r\n\r\n") < 0 && request.indexOf("\0") != 0) {
                int count = socket.getInputStream().read(part);
                if (count < 0) {
                    return;
                }
                request.append(new String(part, 0, count, StandardCharsets.ISO_8859_1));
            }
            String body = "hello from java\n";
            String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length()
                    + "\r\nConnection: close\r\n\r\n" + body;
            socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
        } catch (Exception e) {
            System.err.println(e);
        }
    }

    /** One certificate; with certificate_for it exists for that name only. */
    private static final class ByName extends X509ExtendedKeyManager {
        private final X509Certificate[] chain;
        private final PrivateKey key;

        ByName() throws Exception {
            chain = certificates(OPTIONS.get("cert")).toArray(new X509Certificate[0]);
            key = key(OPTIONS.get("key"));
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            if ("lookup_fails".equals(OPTIONS.get("defect"))) {
                throw new IllegalStateException("the certificate store does not answer");
            }
            if ("no_certificate".equals(OPTIONS.get("defect"))) {
                return null;
            }
            String algorithm = key.getAlgorithm();
            if (!keyType.equals(algorithm) || !wanted((SSLSocket) socket)) {
                return null;
            }
            return "server";
        }

        private boolean wanted(SSLSocket socket) {
            String only = OPTIONS.get("certificate_for");
            if (only == null) {
                return true;
            }
            ExtendedSSLSession session = (ExtendedSSLSession) socket.getHandshakeSession();
            for (SNIServerName name : session.getRequestedServerNames()) {
                if (name instanceof SNIHostName && ((SNIHostName) name).getAsciiName().equals(only)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain;
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[] {"server"};
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return null;
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return null;
        }
    }
}
