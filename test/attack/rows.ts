/**
 * The attacks that Gatehouse is measured by: what broke elsewhere, or what a specification warns of. A test belongs to a row when its
 * title ends with the row's id in square brackets; docs/security/attack-table.md shows which, and attack.test.ts demands one for each
 * row that today's features have.
 */

/** What Gatehouse does not have yet. A row that waits for it needs no test before. */
export type Feature =
  | 'SCIM'
  | 'sign-in by LDAP'
  | 'device grant'
  | 'admin pages'
  | 'second factors'
  | 'passkeys'
  | 'invitations'
  | 'password reset by mail'
  | 'token exchange'
  | 'back-channel logout'
  | "claims of one's own making"

export interface AttackRow {
  id: string
  /** What the attacker does. */
  attacker: string
  /** The feature without which nobody can do it. */
  until?: Feature
}

export interface AttackSection {
  title: string
  rows: readonly AttackRow[]
}

export const sections: readonly AttackSection[] = [
  {
    title: 'Addresses to redirect and return to',
    rows: [
      { id: 'redirect-userinfo-at', attacker: 'writes a redirect URI that two parsers read differently' },
      { id: 'redirect-regex-dot', attacker: 'profits from a redirect URI that is a pattern, or from an empty list' },
      { id: 'redirect-loopback-only-port', attacker: 'changes more than the port of a loopback address' },
      { id: 'redirect-script-scheme', attacker: 'registers or sends an address that runs as a script' },
      {
        id: 'redirect-invalid-client-no-redirect',
        attacker: 'lets an error of a bad request be redirected to an address of theirs',
      },
      { id: 'open-redirect', attacker: 'leads people from our pages to a site of theirs' },
      { id: 'redirect-param-repeated', attacker: 'sends a parameter twice, so that one is checked and the other used' },
      { id: 'return-scheme-relative', attacker: 'asks to return to an address that only looks like a path' },
      { id: 'return-domain-suffix', attacker: 'owns a host whose name ends or begins like an allowed one' },
      { id: 'return-revalidated-at-use', attacker: 'has an address stored that reads differently when it is used' },
      { id: 'post-logout-exact', attacker: "asks to be sent on after sign-out to an address that is not the client's" },
    ],
  },
  {
    title: 'State, nonce and mix-up',
    rows: [
      { id: 'state-login-csrf', attacker: 'finishes their own sign-in in the browser of somebody else' },
      { id: 'state-server-issued', attacker: 'gets the server to vouch for a state of their choice' },
      { id: 'state-single-use', attacker: 'sends the answer of a provider a second time, or twice at once' },
      { id: 'nonce-bound', attacker: 'injects an ID token that was made for another sign-in' },
      { id: 'mixup-iss', attacker: 'runs a provider whose answers pretend to be those of another' },
      { id: 'idp-disabled-mid-flow', attacker: 'finishes a sign-in at a provider that is no way in any more' },
    ],
  },
  {
    title: 'Codes, refresh tokens and races',
    rows: [
      { id: 'code-other-client', attacker: 'redeems a code as another client, or with another address or verifier' },
      { id: 'code-race', attacker: 'redeems one code many times at once' },
      { id: 'code-from-foreign-page', attacker: 'starts a sign-in elsewhere and takes its code' },
      { id: 'refresh-race', attacker: 'uses one refresh token many times at once' },
      { id: 'refresh-vs-revoke-race', attacker: 'refreshes while the grant is revoked' },
      { id: 'refresh-reuse-after-restart', attacker: 'uses a spent refresh token after the server has started again' },
      { id: 'refresh-rechecks-user', attacker: 'goes on refreshing after the account or its access has ended' },
      { id: 'pkce-downgrade', attacker: 'leaves a half of PKCE out, or sends the challenge in plain' },
      { id: 'scope-not-configured', attacker: 'asks for a scope or a resource that was given to nobody' },
      { id: 'flow-switched-by-client-data', attacker: 'changes the kind of flow while it is resumed' },
    ],
  },
  {
    title: 'Tokens, their purposes, and caches',
    rows: [
      { id: 'purpose-cross-use', attacker: 'shows one kind of secret where another kind is expected' },
      { id: 'key-separation', attacker: 'shows a sealed text where another feature unseals' },
      { id: 'id-token-as-access', attacker: 'sends a token of another type as an access token' },
      { id: 'introspect-foreign-audience', attacker: 'introspects or uses a token that was made for somebody else' },
      { id: 'cache-key-confusion', attacker: 'warms a cache at a lax place and profits at a strict one' },
      { id: 'alg-confusion', attacker: 'forges a token by its own header' },
      { id: 'upstream-jwt-aud-exp', attacker: "shows a provider's token of another audience, issuer or time" },
      { id: 'exchange-subject-token', attacker: 'exchanges a token that is not theirs' },
      { id: 'claims-overload', attacker: 'maps a claim over one of ours', until: "claims of one's own making" },
      { id: 'bearer-json-trusted', attacker: 'sends a bearer token of their own writing, or a part of a real one' },
      { id: 'cookie-padding-oracle', attacker: 'flips bits of a sealed cookie and watches the answers' },
    ],
  },
  {
    title: 'Clients',
    rows: [
      { id: 'assertion-replay', attacker: 'uses a client assertion again' },
      {
        id: 'assertion-confusion',
        attacker: 'shows a signed request as the proof of a client, or the other way round',
      },
      { id: 'assertion-unsigned-header', attacker: 'authenticates a client by a weaker method than it registered' },
      { id: 'client-secret-readable', attacker: 'reads secrets of clients through an interface', until: 'admin pages' },
      { id: 'dcr-anonymous', attacker: 'registers a client' },
      { id: 'secret-compare-timing', attacker: 'guesses a secret byte by byte by the time of answers' },
    ],
  },
  {
    title: 'Sessions and cookies',
    rows: [
      { id: 'fixation-login', attacker: 'plants a session before somebody signs in' },
      { id: 'session-id-reused', attacker: 'inherits what the last person at the browser had' },
      { id: 'logout-server-side', attacker: 'goes on with a copied cookie or token after everything has ended' },
      { id: 'malformed-cookie-allows', attacker: 'sends a cookie that nothing can read' },
      { id: 'cookie-flags', attacker: 'reads a cookie by script, or plants one from a sibling host' },
      { id: 'logout-token-forged', attacker: 'signs people out with a forged token', until: 'back-channel logout' },
      { id: 'step-up-any-method', attacker: 'passes an old sign-in off as a fresh one' },
    ],
  },
  {
    title: 'Forward-auth, headers and paths',
    rows: [
      { id: 'xfu-untrusted', attacker: 'tells the gate another path in a forwarded header' },
      { id: 'trust-default-empty', attacker: 'profits from proxies that are trusted by default' },
      { id: 'public-rule-query', attacker: 'puts an open path somewhere into a closed address' },
      { id: 'path-normalisation-diff', attacker: 'writes a path that the service reads differently' },
      { id: 'health-by-user-agent', attacker: 'calls their browser a health check' },
      { id: 'malformed-uri-2xx', attacker: 'sends an address that cannot be parsed' },
      { id: 'identity-header-spoof', attacker: 'sends the headers by which services know people' },
      { id: 'identity-header-alias', attacker: 'writes such a header in another spelling' },
      { id: 'xff-parse-bypass', attacker: 'invents the address that they come from' },
      { id: 'host-poisoned-urls', attacker: 'gets a host of theirs into addresses that we make' },
      { id: 'rule-edge-mismatch', attacker: 'finds a method or an overlap in which the laxer rule wins' },
      { id: 'config-option-ignored', attacker: 'profits from a restriction that nobody enforces' },
      { id: 'token-to-wrong-upstream', attacker: 'runs a service that is sent our cookies or tokens' },
    ],
  },
  {
    title: 'Reverse proxy',
    rows: [
      { id: 'smuggle-cl-te', attacker: 'hides a second request in the first' },
      { id: 'hop-by-hop-strips-identity', attacker: 'has our headers removed by naming them in Connection' },
      { id: 'ws-origin', attacker: 'opens a websocket from a foreign page' },
      { id: 'ws-after-revocation', attacker: 'keeps a websocket after the session has ended' },
    ],
  },
  {
    title: 'Who somebody is',
    rows: [
      { id: 'noauth-email', attacker: "writes somebody else's e-mail into their own account" },
      { id: 'link-unverified-upstream', attacker: 'comes with an e-mail that nobody verified' },
      { id: 'prehijack-local', attacker: 'takes an e-mail before its owner comes' },
      { id: 'idp-out-of-domain', attacker: 'runs one provider and asserts people of another' },
      { id: 'inactive-via-source', attacker: 'comes back through a provider after deactivation' },
      { id: 'recycled-identifier', attacker: 'gets the name or the id that a person of before had' },
      { id: 'username-squat', attacker: "takes a name that looks like, or is, somebody else's" },
    ],
  },
  {
    title: 'Local accounts',
    rows: [
      { id: 'reset-skip-proof', attacker: 'skips the step that proves who they are', until: 'password reset by mail' },
      { id: 'link-replay', attacker: 'uses a link a second time' },
      { id: 'invite-forged', attacker: 'changes or invents an invitation', until: 'invitations' },
      { id: 'register-when-off', attacker: 'makes an account where nobody may' },
      { id: 'reset-link-twice', attacker: 'uses a link for a new password again, or many times at once' },
      { id: 'reset-enumeration', attacker: 'asks for new passwords to learn who has an account' },
      { id: 'passkey-elsewhere', attacker: 'brings a passkey of another origin or host, an old answer, or a copy' },
      { id: 'totp-replay', attacker: 'uses a one-time code twice', until: 'second factors' },
      {
        id: 'second-factor-bruteforce',
        attacker: 'guesses a one-time code over many sign-ins',
        until: 'second factors',
      },
      {
        id: 'mfa-bypass-alternate-path',
        attacker: 'enters where the second factor is not asked',
        until: 'second factors',
      },
      { id: 'lockout-other-grants', attacker: 'gets tokens for an account that may not sign in' },
      { id: 'lockout-alias-split', attacker: 'guesses under several spellings of one name' },
      { id: 'lockout-as-dos', attacker: 'locks somebody else out' },
      { id: 'enumeration', attacker: 'finds out which accounts there are' },
      { id: 'webauthn-fields', attacker: 'tampers with the answer of an authenticator', until: 'passkeys' },
    ],
  },
  {
    title: 'SCIM',
    rows: [
      { id: 'scim-id-collision', attacker: 'names a connection like a provider to own its people', until: 'SCIM' },
      { id: 'scim-cross-connection', attacker: 'reaches people of another connection', until: 'SCIM' },
      { id: 'scim-admin-escalation', attacker: 'makes an administrator', until: 'SCIM' },
      { id: 'scim-mass-assignment', attacker: 'sets an attribute that is not theirs to set', until: 'SCIM' },
      { id: 'scim-filter-injection', attacker: 'writes a filter that is more than a filter', until: 'SCIM' },
    ],
  },
  {
    title: 'LDAP',
    rows: [
      { id: 'ldap-empty-password', attacker: 'signs in with an empty password', until: 'sign-in by LDAP' },
      { id: 'ldap-filter-injection', attacker: 'writes a filter as a user name', until: 'sign-in by LDAP' },
      { id: 'ldap-referral', attacker: 'sends the server with its password elsewhere', until: 'sign-in by LDAP' },
      { id: 'ldap-cert-hostname', attacker: 'shows a certificate of another host', until: 'sign-in by LDAP' },
      {
        id: 'ldap-bind-secret-exfil',
        attacker: 'changes the address and keeps the stored secret',
        until: 'admin pages',
      },
    ],
  },
  {
    title: 'Requests that the server makes',
    rows: [
      { id: 'ssrf-request-uri', attacker: 'has the server fetch an authorization request' },
      { id: 'ssrf-client-metadata', attacker: 'has the server fetch what a client names' },
      { id: 'ssrf-webhook-connector', attacker: 'leads a request of the server to an inner address' },
      { id: 'ssrf-denylist-bypass', attacker: 'spells an inner address so that no list knows it' },
    ],
  },
  {
    title: 'Rendered files',
    rows: [
      { id: 'render-properties-newline', attacker: 'writes a value that becomes a line of its own' },
      { id: 'render-python-escape', attacker: 'writes a value that becomes Python' },
      { id: 'render-xml-escape', attacker: 'writes a value that becomes XML or YAML' },
      { id: 'render-input-yaml-bomb', attacker: 'gives a manifest to read that never ends' },
      { id: 'render-path-escape', attacker: 'names a product so that its file lies elsewhere' },
      { id: 'render-env-expansion', attacker: 'writes a reference into a value that is not theirs to resolve' },
      { id: 'render-default-secret', attacker: 'knows a secret because everybody has the same' },
      { id: 'render-unsafe-product-flag', attacker: 'profits from a protection that a rendered file switches off' },
      { id: 'expression-escape', attacker: 'writes an expression that becomes code' },
    ],
  },
  {
    title: 'Secrets in what is said',
    rows: [
      { id: 'canary-everywhere', attacker: 'reads logs, traces and pages' },
      { id: 'error-discloses-internals', attacker: 'breaks something and reads the error' },
      { id: 'metrics-pprof-open', attacker: 'asks the public port for numbers and profiles' },
      { id: 'browser-cache-history', attacker: 'uses the browser after somebody else' },
    ],
  },
  {
    title: 'Denial of service',
    rows: [
      { id: 'cookie-chunk-count', attacker: 'sends hundreds of cookies, or a number to count to' },
      { id: 'empty-post-crash', attacker: 'sends a body that nobody expects' },
      { id: 'jwe-p2c-bomb', attacker: 'sends a token or a document that costs much to read' },
      { id: 'reset-link-twice', attacker: 'uses a link for a new password again, or many times at once' },
      { id: 'reset-enumeration', attacker: 'asks for new passwords to learn who has an account' },
      { id: 'totp-replay', attacker: 'uses a code of an authenticator app that was used before' },
      { id: 'argon2-flood', attacker: 'has hundreds of passwords checked at once' },
      { id: 'cache-growth', attacker: 'fills a memory with what means nothing' },
      { id: 'redos', attacker: 'writes a text that a pattern chews on for long' },
      { id: 'slow-and-many', attacker: 'opens many connections and says little' },
    ],
  },
  {
    title: 'Pages',
    rows: [
      { id: 'xss-reflected-pages', attacker: 'writes a text that a page runs' },
      { id: 'csrf-state-changing', attacker: 'sends a form from a foreign page' },
      { id: 'clickjack', attacker: 'frames a page and guides the clicks' },
      { id: 'device-phish', attacker: 'sends somebody a code to approve', until: 'device grant' },
      { id: 'device-guess-and-acl', attacker: 'guesses codes of devices', until: 'device grant' },
      { id: 'admin-idor-and-roles', attacker: 'calls what only administrators may', until: 'admin pages' },
    ],
  },
  {
    title: 'TLS',
    rows: [
      { id: 'tls-config-discarded', attacker: 'speaks an old version of TLS' },
      { id: 'tls-verify-every-client', attacker: 'stands in the middle with a certificate of their own' },
      { id: 'ca-scope', attacker: 'has a certificate of an authority that was named for somebody else' },
    ],
  },
  {
    title: 'Supply chain',
    rows: [
      { id: 'npm-install-script', attacker: 'puts a script into a package that is installed' },
      { id: 'known-vulnerable-dep', attacker: 'knows a hole in a package that is old' },
    ],
  },
]

export const rows: readonly AttackRow[] = sections.flatMap((section) => section.rows)
