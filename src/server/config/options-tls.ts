/**
 * The options of TLS for clients: one row for each, as in options.ts, of which they are a part.
 * From: specification of features, chapter 7; 3.8.0's `ClientX509Util` asked for its names.
 */
import { choice, flag, int, type Option, text, words } from "./option.ts";

/** As `choice`, in any case of letters. */
const word = <const C extends string>(spec: Parameters<typeof choice<C>>[0]): Option<C> => {
  const option = choice(spec);
  return { ...option, read: (written) => option.read(written.toLowerCase()) };
};

const STORE_TYPES = ["", "jks", "pem", "pkcs12", "bcfks"] as const;
const BY_NAME = "as the file's name ends: .pem, .p12, .jks";

export const TLS = {
  secureClientPort: int({
    key: "secureClientPort",
    door: "file",
    fallback: 0,
    max: 65_535,
    defaultText: "none",
    since: "3.5.1",
    help: "The port for clients with TLS. Needs ssl.keyStore.location.",
  }),
  secureClientPortAddress: text({
    key: "secureClientPortAddress",
    door: "file",
    what: "host name or address",
    defaultText: "all addresses",
    since: "3.5.1",
    help: "The address to listen on for them.",
  }),
  clientPortUnification: flag({
    key: "client.portUnification",
    door: "both",
    fallback: false,
    since: "3.6",
    help: "Serve TLS clients on clientPort too, beside plain ones.",
  }),
  certReload: flag({
    key: "client.certReload",
    door: "both",
    fallback: false,
    since: "3.8.2",
    help: "Read the stores again when their files change. What is not usable leaves the old ones.",
  }),
  keyStoreLocation: text({
    key: "ssl.keyStore.location",
    door: "both",
    what: "file",
    since: "3.5.1",
    help: "The server's private key and certificates.",
  }),
  keyStorePassword: text({
    key: "ssl.keyStore.password",
    door: "both",
    what: "password",
    secret: true,
    since: "3.5.1",
    help: "The password of that file.",
  }),
  keyStorePasswordPath: text({
    key: "ssl.keyStore.passwordPath",
    door: "both",
    what: "file",
    since: "3.8",
    help: "A file whose first line is the password; it counts before ssl.keyStore.password.",
  }),
  keyStoreType: word({
    key: "ssl.keyStore.type",
    door: "both",
    fallback: "",
    defaultText: BY_NAME,
    of: STORE_TYPES,
    since: "3.5.5",
    help: "PEM or PKCS12. A JKS file is refused with the command that converts it.",
  }),
  trustStoreLocation: text({
    key: "ssl.trustStore.location",
    door: "both",
    what: "file",
    since: "3.5.1",
    help: "The certificates of the authorities that sign clients' certificates.",
  }),
  trustStorePassword: text({
    key: "ssl.trustStore.password",
    door: "both",
    what: "password",
    secret: true,
    since: "3.5.1",
    help: "The password of that file.",
  }),
  trustStorePasswordPath: text({
    key: "ssl.trustStore.passwordPath",
    door: "both",
    what: "file",
    since: "3.8",
    help: "A file whose first line is the password; it counts before ssl.trustStore.password.",
  }),
  trustStoreType: word({
    key: "ssl.trustStore.type",
    door: "both",
    fallback: "",
    defaultText: BY_NAME,
    of: STORE_TYPES,
    since: "3.5.5",
    help: "PEM or PKCS12. A JKS file is refused with the command that converts it.",
  }),
  tlsProtocol: word({
    key: "ssl.protocol",
    door: "both",
    fallback: "",
    defaultText: "TLS",
    of: ["", "tls", "tlsv1.2", "tlsv1.3"],
    since: "3.5.5",
    help: "The one protocol to speak, where ssl.enabledProtocols is not set. TLS: both.",
  }),
  tlsEnabledProtocols: words({
    key: "ssl.enabledProtocols",
    door: "both",
    fallback: [],
    defaultText: "as ssl.protocol",
    what: "TLSv1.2, TLSv1.3",
    since: "3.5.5",
    help: "The protocols to speak. Those before TLSv1.2 are refused.",
  }),
  tlsCipherSuites: words({
    key: "ssl.ciphersuites",
    door: "both",
    fallback: [],
    defaultText: "as Node.js",
    what: "names of cipher suites, as Java or as OpenSSL has them",
    since: "3.5.5",
    help: "The cipher suites to offer, best first.",
  }),
  tlsClientAuth: word({
    key: "ssl.clientAuth",
    door: "both",
    fallback: "need",
    of: ["need", "want", "none"],
    since: "3.5.5",
    help: "Whether clients must show a certificate, may, or are not asked.",
  }),
  tlsHostnameVerification: flag({
    key: "ssl.hostnameVerification",
    door: "both",
    fallback: true,
    since: "3.5.5",
    help: "`false` switches ssl.clientHostnameVerification off, too.",
  }),
  tlsClientHostnameVerification: flag({
    key: "ssl.clientHostnameVerification",
    door: "both",
    fallback: false,
    since: "3.5.5",
    help: "A client's certificate must name the address that it comes from.",
  }),
  tlsDetectionTimeoutMs: int({
    key: "ssl.handshakeDetectionTimeoutMillis",
    door: "both",
    fallback: 5000,
    min: 1,
    unit: "ms",
    since: "3.5.5",
    help: "With client.portUnification: how long a connection may stay silent.",
  }),
  tlsHandshakesMax: int({
    key: "netty.server.outstandingHandshake.limit",
    door: "both",
    fallback: -1,
    since: "3.6",
    help: "TLS handshakes at a time; surplus connections are closed. 0 or less: no limit.",
  }),
  x509SuperUser: text({
    key: "X509AuthenticationProvider.superUser",
    door: "both",
    what: "distinguished name as in RFC 2253",
    since: "3.5.1",
    help: "The subject of the certificate that may do everything.",
  }),
} as const;
