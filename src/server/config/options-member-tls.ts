/**
 * The options of TLS between members: one row for each, as in options.ts, of which they are a part.
 * They mean what those of clients mean (options-tls.ts) whose names have no `quorum.` in them.
 * From: specification of features, chapter 7; 3.8.0's `QuorumX509Util` asked for its names.
 */
import { flag, int, text, word, words } from "./option.ts";
import { BY_NAME, STORE_TYPES } from "./options-tls.ts";

const SINCE = "3.5.5";
const CONVERTED = "PEM or PKCS12. A JKS file is refused with the command that converts it.";
const FIRST_LINE = "A file whose first line is the password; it counts before the password itself.";

export const MEMBER_TLS = {
  sslQuorum: flag({
    key: "sslQuorum",
    door: "file",
    fallback: false,
    since: SINCE,
    help: "TLS between members: dial with it, and accept nothing else. Needs ssl.quorum.keyStore.",
  }),
  memberPortUnification: flag({
    key: "portUnification",
    door: "file",
    fallback: false,
    since: SINCE,
    help: "Accept members with TLS and without, for a change from the one to the other.",
  }),
  memberCertReload: flag({
    key: "sslQuorumReloadCertFiles",
    door: "file",
    fallback: false,
    since: "3.5.5",
    help: "Read the members' stores again when their files change.",
  }),
  memberKeyStoreLocation: text({
    key: "ssl.quorum.keyStore.location",
    door: "both",
    what: "file",
    since: SINCE,
    help: "This member's private key and certificates, for members that dial and for dialing.",
  }),
  memberKeyStorePassword: text({
    key: "ssl.quorum.keyStore.password",
    door: "both",
    what: "password",
    secret: true,
    since: SINCE,
    help: "The password of that file.",
  }),
  memberKeyStorePasswordPath: text({
    key: "ssl.quorum.keyStore.passwordPath",
    door: "both",
    what: "file",
    since: "3.8",
    help: FIRST_LINE,
  }),
  memberKeyStoreType: word({
    key: "ssl.quorum.keyStore.type",
    door: "both",
    fallback: "",
    defaultText: BY_NAME,
    of: STORE_TYPES,
    since: SINCE,
    help: CONVERTED,
  }),
  memberTrustStoreLocation: text({
    key: "ssl.quorum.trustStore.location",
    door: "both",
    what: "file",
    since: SINCE,
    help: "The certificates of the authorities that sign members' certificates.",
  }),
  memberTrustStorePassword: text({
    key: "ssl.quorum.trustStore.password",
    door: "both",
    what: "password",
    secret: true,
    since: SINCE,
    help: "The password of that file.",
  }),
  memberTrustStorePasswordPath: text({
    key: "ssl.quorum.trustStore.passwordPath",
    door: "both",
    what: "file",
    since: "3.8",
    help: FIRST_LINE,
  }),
  memberTrustStoreType: word({
    key: "ssl.quorum.trustStore.type",
    door: "both",
    fallback: "",
    defaultText: BY_NAME,
    of: STORE_TYPES,
    since: SINCE,
    help: CONVERTED,
  }),
  memberTlsProtocol: word({
    key: "ssl.quorum.protocol",
    door: "both",
    fallback: "",
    defaultText: "TLS",
    of: ["", "tls", "tlsv1.2", "tlsv1.3"],
    since: SINCE,
    help: "The one protocol to speak, where ssl.quorum.enabledProtocols is not set. TLS: both.",
  }),
  memberTlsEnabledProtocols: words({
    key: "ssl.quorum.enabledProtocols",
    door: "both",
    fallback: [],
    defaultText: "as ssl.quorum.protocol",
    what: "TLSv1.2, TLSv1.3",
    since: SINCE,
    help: "The protocols to speak. Those before TLSv1.2 are refused.",
  }),
  memberTlsCipherSuites: words({
    key: "ssl.quorum.ciphersuites",
    door: "both",
    fallback: [],
    defaultText: "as Node.js",
    what: "names of cipher suites, as Java or as OpenSSL has them",
    since: SINCE,
    help: "The cipher suites to offer, best first.",
  }),
  memberTlsClientAuth: word({
    key: "ssl.quorum.clientAuth",
    door: "both",
    fallback: "need",
    of: ["need", "want", "none"],
    since: SINCE,
    help: "Whether a member that dials must show a certificate, may, or is not asked.",
  }),
  memberTlsHostnameVerification: flag({
    key: "ssl.quorum.hostnameVerification",
    door: "both",
    fallback: true,
    since: SINCE,
    help:
      "The certificate of a member that is dialed must name its host in `server.N`, or its " +
      "address. `false` switches ssl.quorum.clientHostnameVerification off, too.",
  }),
  memberTlsClientHostnameVerification: flag({
    key: "ssl.quorum.clientHostnameVerification",
    door: "both",
    fallback: true,
    since: "3.9.4",
    help:
      "The certificate of a member that dials must name the address that it comes from, or the " +
      "host of a member in `server.N`.",
  }),
  memberTlsDetectionTimeoutMs: int({
    key: "ssl.quorum.handshakeDetectionTimeoutMillis",
    door: "both",
    fallback: 5000,
    min: 1,
    unit: "ms",
    since: SINCE,
    help: "With portUnification: how long a connection may stay silent.",
  }),
} as const;
