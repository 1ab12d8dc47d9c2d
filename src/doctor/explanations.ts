import type { ErrorCode } from '../errors.ts'

/** More than fits on a page: where an error is met, and what to compare. */
export interface Explanation {
  /** How it comes about and where people see it. */
  text: string
  /** What to look at, in order. For those that are met often. */
  compare?: readonly string[]
}

export const explanations: Readonly<Record<ErrorCode, Explanation>> = {
  'access-denied': {
    text: 'The sign-in worked. Afterwards no rule of the service under `services` allowed this person at this path. The first rule whose path and method match decides; if none matches, the answer is no.',
    compare: [
      'the teams on the page with the `allow` list of the rule',
      'the groups that the provider sends with `teams.<name>.from`: `/analysts` is not `analysts`, and Entra sends ids instead of names',
      'whether the provider sends groups at all: in Keycloak that takes a Group Membership mapper',
    ],
  },
  'account-deactivated': {
    text: 'Someone switched the account off: an administrator by hand, or the identity provider by SCIM with active:false. All its sessions ended at that moment.',
  },
  'account-exists': {
    text: 'User names are unique whatever their case. The name may belong to somebody who was provisioned by SCIM or made at a first sign-in.',
  },
  'address-in-use': {
    text: 'Another process listens on the same host and port, often an earlier `gatehouse serve` that still runs. `ss -ltnp` names it.',
  },
  'certificate-expired': {
    text: 'The certificate is outside its dates when it is looked at with the clock of this machine. If only this machine complains, its clock is wrong; if everybody does, the renewal failed.',
    compare: [
      '`valid from` and `valid to` in `gatehouse doctor` with the time',
      'the clock check of the same provider',
      'whether the certificate of an authority in between has expired, not that of the host',
    ],
  },
  'certificate-hostname-mismatch': {
    text: 'The connection works, but the certificate names other hosts than the one that was asked. Typical after an ingress fell back to its default certificate, or when the provider is called by an internal name.',
    compare: [
      'the names in the certificate with `hostname` of the authentication class',
      'the host rules and the TLS secret of the ingress, when the subject says Fake Certificate or TRAEFIK DEFAULT CERT',
    ],
  },
  'certificate-untrusted': {
    text: 'Known elsewhere as "x509: certificate signed by unknown authority" (Go) and "unable to find valid certification path" (Java). A company authority or a self-signed certificate is at work, or the server leaves out the certificate in between.',
    compare: [
      'the issuer that doctor shows with the authority in `ca.crt`',
      '`openssl s_client -connect HOST:PORT -showcerts`: does the server send the whole chain',
      'the trust stores of the products: each has its own, `gatehouse render` writes where',
    ],
  },
  'claim-not-supported': {
    text: 'The discovery document lists claims_supported, and the principalClaim is not among them. Some providers leave claims of their own off the list; then a real sign-in decides (`gatehouse verify`).',
    compare: [
      'principalClaim with claims_supported',
      'the spelling: preferred_username, not preferred_name or username',
    ],
  },
  'changed-meanwhile': {
    text: 'A change is made from what was read, and only while that is so. Here others changed the same person or the same teams again and again in between, so nothing was written.',
  },
  'client-credentials-rejected': {
    text: 'The token endpoint answered invalid_client or 401: the person had signed in at the provider, then the exchange of the code failed. Products show it as a 500 or as "Failed to obtain access token".',
    compare: [
      'the secret at the provider with the environment variable or file that `secrets` refers to, a newline at the end included',
      'clientAuthenticationMethod with what the client may use (basic or post)',
      'whether the secret has expired: Entra lets them expire after months',
    ],
  },
  'client-unknown': {
    text: 'The client id in the request belongs to no application at the provider. Keycloak says "Client not found.", Entra AADSTS700016, Gatehouse shows this code.',
    compare: [
      'clientId under `secrets` with the list at the provider, capitals included',
      'the realm or tenant: the client may exist in another one',
      'for Gatehouse itself: `gatehouse clients list`, and whether the product runs with freshly rendered files',
    ],
  },
  'client-secret-elsewhere': {
    text: 'Secrets of products that sign in through Gatehouse are kept nowhere: they are derived from the encryption key and the name of the product. Without `encryptionKey` that key is the file beside the store, which the first `gatehouse serve` makes; a new one here would give secrets that the server does not take.',
  },
  'clock-skew': {
    text: 'Tokens say from when until when they are valid, in seconds. If clocks are apart, fresh tokens are "used too early" or "expired". Virtual machines that slept and containers on laptops are the usual suspects.',
    compare: ['`timedatectl` on both machines', 'both times in `gatehouse doctor`, which allows 30 seconds'],
  },
  'config-invalid': {
    text: 'The file was read, but it says something that cannot be. Every mistake is listed at once as file:line:column; nothing was started, changed or called.',
  },
  'config-not-found': {
    text: 'Without -c or -f, gatehouse.yaml in the current folder is read. In a container, look at the mount and at the user who may read it.',
  },
  'cross-site-request': {
    text: 'A form reached us with an Origin or Sec-Fetch-Site of another site, or without the token of the page. It may have been an attack; more often a proxy changes the Host header, so that our own pages look foreign.',
  },
  'encryption-key-wrong': {
    text: 'Signing keys are stored encrypted. The store was made with another encryptionKey than the one that is configured now, or the key file beside the store was left behind when the store was moved. A new key cannot open old rows.',
  },
  'host-unknown': {
    text: 'The Host header (or X-Forwarded-Host from a trusted proxy) names neither the issuer nor a service. A proxy that rewrites Host to the name of a container causes it.',
  },
  'id-token-invalid': {
    text: 'Signature, issuer, audience, nonce or time of the ID token did not hold. The step in the trace carries the exact check with both values.',
    compare: [
      'iss in the token with the issuer in discovery',
      'aud with our client id',
      'iat and exp with the clocks',
      'the key id in the token with the keys at jwks_uri: a cache in between may keep old ones',
    ],
  },
  'internal-error': {
    text: 'Nothing that the person did. The log has a line with the same request id and the chain of causes; a fault that comes back is worth an issue with that line.',
  },
  'invalid-credentials': {
    text: 'A local account: name or password did not match; both look alike on purpose. Accounts of an identity provider have no password here: those people use its button.',
  },
  'invalid-request': {
    text: 'A parameter is missing, doubled or malformed. Hand-made links to /authorize and bookmarks of the sign-in page end here; start from the application.',
  },
  'issuer-mismatch': {
    text: 'The issuer is a name, compared letter by letter; a slash at the end makes it another. Known as "issuer did not match the issuer returned by provider" and as a bare Internal Server Error. Usually the provider is called by an internal name and answers with its public one. Skipping the check is no way out: the tokens carry the same name.',
    compare: [
      'both values in `gatehouse doctor`, which marks the first different character',
      'rootPath: Keycloak before 17 had /auth in front of /realms',
      'the frontend address of the provider: KC_HOSTNAME at Keycloak',
      'scheme and port, when TLS ends at a proxy',
    ],
  },
  'issuer-unreachable': {
    text: 'Doctor asked for the discovery document below `issuer`, the address that people and products use, and got none. Before the first start that is as it should be; afterwards the name, the proxy in front or the port is wrong.',
    compare: [
      '`issuer` with the address in the browser, port and path included',
      '`listen` with the port that the proxy in front forwards to',
      'the answer inside of the container with the answer outside',
    ],
  },
  'login-expired': {
    text: 'A sign-in must be finished in the browser that began it, within minutes. A page left open overnight, the back button, a link sent to a colleague, or a cookie that the browser does not send back look like this.',
    compare: [
      'whether the address in the browser has the same host as `issuer`: localhost and 127.0.0.1 do not share cookies',
      'whether `issuer` is https while the browser uses http: Secure cookies stay away then',
    ],
  },
  'login-replayed': {
    text: 'The answer of the provider was used a second time: reload or back button on the callback address. The first use went through; the person may well be signed in.',
  },
  'method-not-allowed': {
    text: 'The path exists, the method does not: often a GET on /token or /scim addresses typed into a browser.',
  },
  'not-found': {
    text: 'If `issuer` carries a path, every address of Gatehouse lives below it. A proxy that strips or doubles that path leads here.',
  },
  'path-ambiguous': {
    text: 'Proxy and service might read such a path differently, and the rule for one path would guard another. That is a known way around gates, so the gate does not guess.',
  },
  'principal-claim-missing': {
    text: 'The provider signed the person in, but neither ID token nor userinfo had the claim that principalClaim names. At Keycloak the `basic` or `profile` client scope may have been removed; at Entra `upn` and `email` are optional claims.',
    compare: [
      'the claims in the trace with principalClaim',
      'the scopes that were asked for: profile and email bring most names',
    ],
  },
  'product-setting-ignored': {
    text: 'The configuration asks a product for something that this version has no key for. The file would have looked right and done nothing.',
  },
  'provider-refused': {
    text: 'The provider sent the person back with an error, or answered the request with an error page. Its own word (access_denied, consent_required, invalid_scope ...) stands in the trace.',
  },
  'provider-unreachable': {
    text: 'Discovery, keys or token endpoint did not answer, or not with what a provider answers. On the sign-in page only this way in is switched off; it is tried again by itself.',
    compare: [
      'the failing hop in `gatehouse doctor`: DNS, TCP, TLS, HTTP or JSON',
      'from where: run doctor in the container or pod that is to reach the provider, not on a laptop',
      '`network.proxy` and `network.noProxy`',
    ],
  },
  'proxy-not-trusted': {
    text: 'A forward-auth request came from an address that listen.trustedProxies does not list. Anybody who can reach the port could say the same, so the forwarded headers count for nothing.',
  },
  'redirect-uri-not-registered': {
    text: 'Known as AADSTS50011 (Entra), "Invalid parameter: redirect_uri" (Keycloak), "Unregistered redirect_uri" (Dex), redirect_uri_mismatch (Google). The address that the product sends must be registered letter by letter. Most often the product sends http or an internal host because TLS ends at a proxy that it does not believe.',
    compare: [
      'scheme, host, port, path and the slash at the end of both addresses',
      'which list: the address after signing out is registered apart (Keycloak: Valid post logout redirect URIs)',
      'REGISTER.md, which `gatehouse render` writes for each product',
      'the proxy settings of the product, when it sends http: ProxyFix at Superset and Airflow, http-server.process-forwarded at Trino',
    ],
  },
  'render-target-unwritable': {
    text: 'Files are written beside their place and renamed, so the folder itself must be writable. A folder of another user, a read-only mount or a symbolic link on the way stop it.',
  },
  'request-too-large': {
    text: 'Limits keep one sender from filling the memory. Cookies that pile up on a shared parent domain are the usual cause in browsers: delete them once.',
  },
  'return-url-not-allowed': {
    text: 'After signing in or out people are sent only to addresses of `services` and `products`; anything else could be a stranger using our name for a trap (open redirect).',
  },
  'scope-not-supported': {
    text: 'The discovery document lists scopes_supported without it, or the client may not ask for it. Keycloak refuses the whole sign-in with invalid_scope; others drop the scope, and groups or refresh tokens are missing later.',
    compare: [
      'scopes and extraScopes with scopes_supported',
      'scopes and extraScopes with the Client scopes of the client: at Keycloak one that exists must still be added',
      '`groups`: at Keycloak it exists only if somebody made the client scope; a mapper on the client needs no scope',
      '`offline_access`: not a scope at Google',
    ],
  },
  'secret-not-found': {
    text: 'A ${env:NAME} or ${file:/path} has nothing behind it in this process. systemd units, containers and cron jobs do not have the environment of your shell.',
  },
  'setup-link-used': {
    text: 'The link for the first administrator works once and for a short time, so that nobody finds it in a log later.',
  },
  'sign-in-required': {
    text: 'A program asked without a session or token and got 401 instead of a redirect to a login page that it could not use. A person in a browser is sent to sign in.',
  },
  'store-missing': {
    text: 'The command only reads, or changes what is there already, and so makes no database. The first `gatehouse serve` makes it, or the first `gatehouse users add`. If a server runs already, this command was called with another configuration or in another folder: `store` is relative to the file.',
  },
  'store-unavailable': {
    text: 'The database could not be opened, read or written: disk full, folder read-only, file locked by another process, or a server that is down. Nothing that was acknowledged is lost.',
  },
  'store-version-differs': {
    text: 'Every version knows the changes of the schema up to its own day, by name. A store that lacks some of them is brought up to date by the next start; one that has had more was opened by a newer version, and an older one must not write to it.',
  },
  'team-unknown': {
    text: 'People can be put into teams that exist: those under `teams` in the configuration that the server last started with.',
  },
  'token-audience-wrong': {
    text: 'The token is genuine, but its aud names somebody else. Tokens straight from Keycloak say aud: account until an Audience mapper is added; tokens of Gatehouse name the service that was asked for with `resource`.',
    compare: [
      'aud in the token (jwt payload) with the url of the service',
      'the mappers of the client at the provider',
    ],
  },
  'token-invalid': {
    text: 'Expired, revoked, cut off, signed by somebody else, or an ID token where an access token belongs. Which of them is in the log, not in the answer: a stranger learns nothing.',
  },
  'too-many-attempts': {
    text: 'Failed sign-ins are counted per account and per address. The pause grows and ends by itself; nobody is locked out for good, so nobody can lock out somebody else.',
  },
  'upstream-unreachable': {
    text: 'The person is signed in and allowed; the service itself did not answer the gate. Compare `upstream` with where the service really listens, seen from the gate.',
  },
  'user-unknown': {
    text: 'Commands find users by their user name, not by e-mail or display name. People of an identity provider appear after their first sign-in, or when SCIM has sent them.',
  },
}
