import type { ErrorCode } from '../errors.ts'

/** More than fits on a page: where an error appears, and what to compare. */
export interface Explanation {
  /** How the error arises and where people see it. */
  text: string
  /** What to look at, in order. Only for frequent errors. */
  compare?: readonly string[]
}

export const explanations: Readonly<Record<ErrorCode, Explanation>> = {
  'access-denied': {
    text: 'The sign-in worked, but no rule of the service under `services` allows this person at this path. The first rule whose path and method match decides; if none matches, the answer is no.',
    compare: [
      '`gatehouse explain REQUEST_ID`: rule, teams, groups of the last sign-in, and a group that nearly fits',
      'the groups that the provider sends with `teams.<name>.from`: `/analysts` is not `analysts`, and Entra sends ids instead of names',
      'whether the provider sends groups at all: Keycloak needs a Group Membership mapper for that',
    ],
  },
  'account-deactivated': {
    text: 'Someone switched the account off: an administrator by hand, or the identity provider through SCIM with active:false. All its sessions ended at that moment.',
  },
  'account-exists': {
    text: 'Usernames are unique regardless of case, and so are the names of people at one class. A person who was created anew at the provider has a new subject (`sub`), so nobody can know that it is the same one: the first such person is called `name@class`, and a further one gets no name. `gatehouse users link NAME CLASS/SUBJECT` says that it is the same person; class and subject are in the trace and in the log.',
    compare: [
      'who has the name: `gatehouse users show NAME`',
      'the subject in the trace with the identities of that person',
      'whether the realm was imported again, or the application registered anew: then every person has a new subject',
    ],
  },
  'account-of-provider': {
    text: 'E-mail, name and password of such a person belong to the provider, which sends them at each sign-in. A password here would be a way in past its second factor, and would still work when the provider has deactivated the person.',
  },
  'address-in-use': {
    text: 'Another process listens on the same host and port, often an earlier `gatehouse serve` that is still running. `ss -ltnp` names it.',
  },
  'address-not-available': {
    text: 'The operating system knows no such address (EADDRNOTAVAIL), or no such name. In a container only 0.0.0.0 and its own addresses exist.',
  },
  'address-not-permitted': {
    text: 'Ports below 1024 need a right (EACCES). Under systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE. Usually a proxy with TLS stands in front and Gatehouse listens on 8080.',
  },
  'backup-elsewhere': {
    text: 'pg_dump reads one moment of the database while servers run; pg_restore puts it back when they have stopped. The password comes from PGPASSWORD, ~/.pgpass or a prompt, so it is not in the command. Sessions in a dump are those of its moment.',
  },
  'backup-exists': {
    text: 'A backup that is there is never replaced by accident. With --force the new one takes its place when it is whole.',
  },
  'backup-unusable': {
    text: 'The file is damaged, is no store of Gatehouse, or was made by a newer version, whose tables this one does not know. Nothing has been changed.',
  },
  'callback-mismatch': {
    text: 'The browser came back with an answer that is incomplete, has a parameter twice or names another issuer than the one that was asked. One provider that answers for another looks so (a mix-up, RFC 9207), and so does an address that somebody has written by hand.',
    compare: ['the issuer that was asked and the one that answered, in the trace'],
  },
  'certificate-expired': {
    text: 'By the clock of this machine, the certificate is outside its dates. If only this machine complains, its clock is wrong; if every machine does, the renewal failed.',
    compare: [
      '`valid from` and `valid to` in `gatehouse doctor` with the time',
      'the clock check of the same provider',
      'whether an intermediate certificate has expired, not that of the host',
    ],
  },
  'certificate-hostname-mismatch': {
    text: 'The connection works, but the certificate names other hosts than the requested one. This is typical when an ingress falls back to its default certificate, or when the provider is called by an internal name.',
    compare: [
      'the names in the certificate with `hostname` of the authentication class',
      'the host rules and the TLS secret of the ingress, when the subject says Fake Certificate or TRAEFIK DEFAULT CERT',
    ],
  },
  'certificate-untrusted': {
    text: 'Known elsewhere as "x509: certificate signed by unknown authority" (Go) and "unable to find valid certification path" (Java). A company authority or a self-signed certificate is in use, or the server leaves out the intermediate certificate.',
    compare: [
      'the issuer that doctor shows with the authority in `ca.crt`',
      'whether the server sends the whole chain: `openssl s_client -connect HOST:PORT -showcerts`',
      'the trust stores of the products: each has its own; `gatehouse render` writes down where',
    ],
  },
  'claim-not-supported': {
    text: 'The discovery document lists claims_supported, and the principalClaim is not among them. Some providers leave their own claims off the list; then only a real sign-in can tell: its trace names what came.',
    compare: [
      'principalClaim with claims_supported',
      'the spelling: preferred_username, not preferred_name or username',
    ],
  },
  'changed-meanwhile': {
    text: 'A change is written only if what it was based on is still true. Others kept changing the same person or the same teams in between, so nothing was written.',
  },
  'client-credentials-rejected': {
    text: 'The token endpoint answered invalid_client or 401: the person had signed in at the provider, then the exchange of the code failed. Products show it as a 500 or as "Failed to obtain access token".',
    compare: [
      'the secret at the provider with the environment variable or file that `secrets` refers to, including a newline at the end',
      'clientAuthenticationMethod with what the client may use (basic or post)',
      'whether the secret has expired: Entra lets them expire after months',
    ],
  },
  'client-method-wrong': {
    text: 'A client sends its secret in a header (`client_secret_basic`) or in the form (`client_secret_post`), and it may do it in one of the two ways only. The answer to the client is `invalid_client`.',
    compare: ['clientAuthenticationMethod of the product with the setting of the application'],
  },
  'client-secret-wrong': {
    text: 'The client id is known and the secret is another. The answer to the client is `invalid_client`, as for an id that is not known. Often the application still has the secret of another environment, or one from before `encryptionKey` was changed: secrets that are not configured are derived from that key.',
    compare: [
      'the secret of the application with `gatehouse clients secret PRODUCT`',
      'whether the application reads the variable or the file at all',
      'blanks and line ends around the secret',
    ],
  },
  'client-unknown': {
    text: 'The provider has no application with the client id in the request. Keycloak says "Client not found.", Entra AADSTS700016, Gatehouse shows this code.',
    compare: [
      'clientId under `secrets` with the list at the provider, including capitals',
      'the realm or tenant: the client may exist in another one',
      'for Gatehouse itself: `gatehouse clients list`, and whether the product runs with freshly rendered files',
    ],
  },
  'client-without-secret': {
    text: 'The client is public (`clientAuthenticationMethod: none`), or proves itself with a private key (`private_key_jwt`). There is no secret that could be printed, and none is derived: whoever asks for one has another client in mind.',
  },
  'client-secret-elsewhere': {
    text: 'Secrets of products that sign in through Gatehouse are stored nowhere: they are derived from the encryption key and the name of the product. Without `encryptionKey`, that key is the file beside the store, which the first `gatehouse serve` creates; a new key here would give secrets that the server does not accept.',
  },
  'clock-skew': {
    text: 'Tokens state when they start and stop being valid, to the second. If the clocks differ, fresh tokens are "used too early" or "expired". Virtual machines that slept and containers on laptops are the usual suspects.',
    compare: ['`timedatectl` on both machines', 'both times in `gatehouse doctor`, which allows 30 seconds'],
  },
  'config-invalid': {
    text: 'The file can be read, but its content is wrong. Every mistake is listed at once as file:line:column; nothing was started, changed or called.',
  },
  'config-not-found': {
    text: 'Without -c or -f, Gatehouse reads gatehouse.yaml in the current folder. In a container, check the mount and whether the user may read the file.',
  },
  'cross-site-request': {
    text: 'A form reached us with an Origin or Sec-Fetch-Site of another site, or without the token of the page. It may have been an attack; more often a proxy changes the Host header, so that our own pages look like another site.',
  },
  'directory-account-disabled': {
    text: 'The directory took the password and says that the account is disabled: Active Directory (data 533, userAccountControl), 389 Directory Server and FreeIPA (nsAccountLock). Somebody who does not know the password is told that it is wrong.',
  },
  'directory-account-expired': {
    text: 'Active Directory took the password and says that the account has expired (data 701, accountExpires).',
  },
  'directory-account-locked': {
    text: 'The directory takes no password for the account, mostly after too many wrong ones: Active Directory (data 775), 389 Directory Server (constraint violation), or OpenLDAP where the account that searches may read pwdAccountLockedTime and an administrator has locked it. It says so whatever the password is.',
  },
  'directory-bind-refused': {
    text: 'The account of bindCredentials cannot sign in to the directory, so nobody can be looked up: the DN or the password is wrong, it has expired or is locked, or the directory takes passwords over TLS only. People cannot do anything about it.',
    compare: [
      'user and password of the secret with `ldapwhoami -x -H ldaps://HOST -D USER -W`',
      'the reason in the trace: strongerAuthRequired and confidentialityRequired mean TLS',
    ],
  },
  'directory-name-ambiguous': {
    text: 'More than one entry below searchBase has the name or the address that was typed. No password was tried: it might be that of another person.',
    compare: ['searchBase and searchFilter with `ldapsearch` for that name', 'whether two people share a mail address'],
  },
  'directory-password-expired': {
    text: 'Active Directory took the password and says that it has expired (data 532) or must be changed before the next sign-in (data 773). Gatehouse changes no passwords in directories.',
  },
  'directory-refuses-tls': {
    text: 'With startTls the directory is asked to turn to TLS before anything is said. It refused, or somebody on the way wrote more than one answer in clear text. The connection was given up: no name and no password were sent.',
    compare: [
      'the reason in the trace',
      'the certificate of the directory: `openssl s_client -starttls ldap -connect HOST:389`',
    ],
  },
  'directory-search-failed': {
    text: 'The directory refused a search, or refers to another server: searchBase does not exist there, the account of bindCredentials may not read below it, or a filter has attributes that cannot be compared. Referrals are not followed, because they would take passwords wherever they lead.',
    compare: [
      'searchBase with what `ldapsearch -x -H ldaps://HOST -D USER -W -b SEARCHBASE` finds as the same account',
      'searchFilter, and groups.searchBase, in the same way',
    ],
  },
  'directory-sign-in-restricted': {
    text: 'The directory took the password and does not let the account sign in: not at this hour (data 530), not at this machine (data 531), not in this way (data 568), or for a reason of its own.',
  },
  'email-not-verified': {
    text: 'The name is an e-mail address, and nobody vouches for it. Whoever may write any address into a profile would otherwise become its owner. An address names somebody when the provider sends it as `email` with `email_verified: true` (the boolean), or when its domain is under `emailDomains` of that way in. A domain that is under another way in is for that one alone.',
    compare: [
      'email and email_verified in the ID token or at the userinfo endpoint with the name',
      '`emailDomains` of each entry of `login` with the domain; Entra and ADFS never say whether they have verified an address',
      'with providerHint Google: addresses outside of gmail.com count with the claim `hd` only',
    ],
  },
  'email-refused': {
    text: 'An address has exactly one `@`, a name before it and a domain behind it, without quotes, comments or blanks.',
  },
  'email-taken': {
    text: 'People sign in with their username or their e-mail, so two accounts that are kept here cannot have one address, in whatever spelling. Addresses that providers send may coincide: nobody signs in here with those.',
  },
  'encryption-key-wrong': {
    text: 'Signing keys are stored encrypted. The store was made with a different encryptionKey than the one configured now, or the key file beside the store was left behind when the store was moved. A new key cannot open old rows. A key that is not 32 bytes in base64 fits no store.',
  },
  'host-unknown': {
    text: 'The Host header (or X-Forwarded-Host from a trusted proxy) names neither the issuer nor a service. A proxy that rewrites Host to the name of a container causes this.',
  },
  'group-unmatched': {
    text: 'Groups are compared letter by letter. Doctor looks at those of the last sign-ins in the store: one that differs from a configured one by a slash, a capital letter, a blank, a prefix such as `role:` or a full path is a slip, and whoever has it lacks the team.',
    compare: ['what came with `teams.<name>.from`', 'the setting Full group path of the mapper, at Keycloak'],
  },
  'groups-unavailable': {
    text: 'Entra ID sends no groups to people who are in more than 200 of them: they are read from Microsoft Graph. Graph did not answer, and nobody is signed in without their groups because of that. Where Graph refuses the token (401, 403) people sign in without groups, and the trace says so: the access token has to be for Graph, so that no scope may name another API.',
  },
  'header-refused': {
    text: 'Some servers make one variable of `X-User`, `X~User` and `X--User`: a client could so say who it is, beside what the gate says. A method override (`X-HTTP-Method-Override`) is refused where rules depend on the method and another proxy forwards the request, and so is a header that `removeHeaders` names: only the own reverse proxy of the gate can take it away.',
    compare: [
      'the names of the headers that the client sends',
      '`allowOddHeaderNames` and `removeHeaders` of the service in docs/reference/config.md',
    ],
  },
  'id-token-invalid': {
    text: 'The signature, issuer, audience, nonce or time of the ID token is wrong. The step in the trace shows the exact check with both values.',
    compare: [
      'iss in the token with the issuer in discovery',
      'aud with our client id',
      'iat and exp with the clocks',
      'the key id in the token with the keys at jwks_uri: a cache in between may keep old ones',
    ],
  },
  'internal-error': {
    text: 'The person did nothing wrong. The log has a line with the same request id and the chain of causes; if the fault comes back, open an issue with that line.',
  },
  'invalid-credentials': {
    text: 'For a local account, the username or the password did not match; both cases look alike on purpose. Accounts of an identity provider have no password here: those people use the button of the provider.',
  },
  'invalid-request': {
    text: 'A parameter is missing, doubled or malformed. Hand-made links to /authorize and bookmarks of the sign-in page end here; start from the application.',
  },
  'issuer-mismatch': {
    text: 'The issuer is a name, compared letter by letter; a slash at the end makes it a different one. Known as "issuer did not match the issuer returned by provider" and as a bare Internal Server Error. Usually the provider is called by an internal name and answers with its public one. Skipping the check does not help: the tokens carry the same name.',
    compare: [
      'both values in `gatehouse doctor`, which marks the first different character',
      'rootPath: Keycloak before 17 had /auth in front of /realms',
      'the frontend address of the provider: KC_HOSTNAME at Keycloak',
      'scheme and port, when TLS ends at a proxy',
    ],
  },
  'issuer-unreachable': {
    text: 'Doctor asked for the discovery document below `issuer`, the address that people and products use, and got none. Before the first start this is normal; after it, the name, the proxy in front or the port is wrong.',
    compare: [
      '`issuer` with the address in the browser, port and path included',
      '`listen` with the port that the proxy in front forwards to',
      'the answer inside the container with the answer outside',
    ],
  },
  'last-administrator': {
    text: 'Without an administrator nobody could make one but on the command line. --force says that it is meant: `gatehouse users change NAME --admin` makes a new one.',
  },
  'login-expired': {
    text: 'A sign-in must finish within minutes, in the browser that began it. A page left open overnight, the back button, a link sent to a colleague, or a cookie that the browser does not send back look like this.',
    compare: [
      'whether the address in the browser has the same host as `issuer`: localhost and 127.0.0.1 do not share cookies',
      'whether `issuer` is https while the browser uses http: then the browser does not send Secure cookies',
    ],
  },
  'login-replayed': {
    text: 'The answer of the provider was used a second time, by a reload or the back button on the callback address, in a browser in which nobody is signed in any more: whoever is goes on without this page.',
  },
  'method-not-allowed': {
    text: 'The path exists, but not for this method: often someone typed a /token or /scim address into a browser, which sends a GET.',
  },
  'no-other-way-in': {
    text: 'The account is kept here and has no identity at a provider, so its password is its only way in.',
  },
  'not-found': {
    text: 'If `issuer` has a path, every address of Gatehouse is below it. A proxy that strips or doubles that path leads here.',
  },
  'passkey-refused': {
    text: 'A passkey did not answer the question of the page: the page was open for more than five minutes, the answer came twice, the passkey was removed here or is of another host, its owner was not checked (finger, face, PIN), or its counter has not grown, as that of a copy. Who has moved the issuer to another host has lost all passkeys: people add new ones.',
    compare: ['the host of `issuer` and that of the browser', 'gatehouse users second-factor NAME'],
  },
  'password-refused': {
    text: 'One rule holds wherever a password is chosen: the set-up page, `gatehouse users add` and `gatehouse users password`. Passwords are not composed by rules; length is what counts (NIST SP 800-63B).',
  },
  'path-ambiguous': {
    text: 'Servers read such a path differently (`//`, `%2F`, `;`, a backslash), and the rules of the service decide differently about the readings: the rule for one path would guard another. That is a known way around gates, so the gate does not guess. Where all rules decide alike it is forwarded byte for byte. Dot segments and malformed paths are refused always.',
  },
  'person-not-admitted': {
    text: 'The class says who may sign in by its provider: `allowedGroups` are the groups as the provider sends them, letter by letter, `hostedDomains` the domains in the claim `hd` of Google, which private accounts do not have, `organizations` and `teams` those of GitHub. Nobody gets in whose token says less. The step in the trace shows which of them, and in which form groups came. GitHub shows an organisation to nobody while it has not approved the application, or asks for a sign-in of its own (SAML): `incomplete` says so where GitHub does.',
    compare: [
      'the groups that the provider sends with `allowedGroups` of the class',
      'the claim `hd` with `hostedDomains`',
      'the organisations in the trace with `organizations` and `teams` of the class; the approval of the application in the settings of the organisation, under Third-party access',
    ],
  },
  'preflight-refused': {
    text: 'Before a script of one origin sends JSON, a token or a PUT to another, the browser asks with OPTIONS, always without cookies. The rules of the service want a sign-in for it, so the browser reports a CORS error. Let such questions through: `allowedOrigins` of the service names whose, a rule `{ path: /api, methods: [OPTIONS], allow: everyone }` lets everybody ask. The service itself must then answer them.',
  },
  'principal-claim-missing': {
    text: 'The provider signed the person in, but neither the ID token nor userinfo had the claim that principalClaim names. At Keycloak the `basic` or `profile` client scope may have been removed; at Entra `upn` and `email` are optional claims.',
    compare: [
      'the claims in the trace with principalClaim',
      'the requested scopes: profile and email bring most names',
    ],
  },
  'product-setting-ignored': {
    text: 'The configuration asks a product for something that this version has no key for. The file would look right and do nothing.',
  },
  'provider-refused': {
    text: 'The provider sent the person back with an error, or answered the request with an error page. The trace shows the error code of the provider (access_denied, consent_required, invalid_scope ...).',
  },
  'provider-answer-refused': {
    text: 'Discovery, keys, tokens and userinfo are small. An answer that grows beyond 256 KiB when it is unpacked, or nests a hundred levels deep, is cut off: reading it would take memory and time from everybody. One that drips for longer than 10 seconds is provider-unreachable.',
    compare: ['size and encoding: `curl --compressed -s ADDRESS | wc -c`', 'how many groups userinfo lists'],
  },
  'provider-answer-unusable': {
    text: 'The discovery document was fine, but another address of the provider (keys, token endpoint, userinfo endpoint) gave an error of its own, a page, nothing at all, or keys that are none. The trace names the address, the status and what is wrong. `doctor` reads the discovery document and the keys, and asks the token endpoint.',
    compare: [
      'the answer to `curl -i ADDRESS` on this machine: a login page or an error page of a proxy is not the provider',
      'the log of the provider at that time',
      'jwks_uri, token_endpoint and userinfo_endpoint in the discovery document: behind a proxy they may name an internal host',
    ],
  },
  'provider-busy': {
    text: 'Sixty-four requests to this provider are under way, and it has answered none of them yet. Further ones are refused at once, so that they cost nothing; the other ways in go on working.',
    compare: [
      'how long the provider takes: `curl -o /dev/null -w "%{time_total}\\n" DISCOVERY_ADDRESS` on this machine',
      '`timeout` of the class, or `network.timeout`: whoever waits gives up after it',
    ],
  },
  'provider-unavailable': {
    text: 'The provider sent the person back, or answered the server, with server_error or temporarily_unavailable: its own database or directory is down, or it is overloaded or being changed.',
  },
  'provider-unreachable': {
    text: 'Discovery, keys or token endpoint did not answer, or did not answer as a provider does. The other ways in go on working, and the next attempt at this one asks the provider again.',
    compare: [
      'the failing hop in `gatehouse doctor`: DNS, TCP, TLS, HTTP or JSON',
      'from where: run doctor in the container or pod that must reach the provider, not on a laptop',
      '`network.proxy` and `network.noProxy`',
    ],
  },
  'proxy-refused': {
    text: 'The proxy by which the provider is called answered CONNECT with something else than 200. The log has its host and its status: 407 wants credentials, 403 is a rule of the proxy, 502, 503 and 504 mostly say that the proxy cannot find or reach the provider.',
    compare: [
      'the answer to `curl -v --proxy PROXY DISCOVERY_ADDRESS` on this machine',
      'the log of the proxy at that time',
      '`network.proxy`, `network.noProxy`, and the variables `HTTPS_PROXY` and `NO_PROXY` of the server',
    ],
  },
  'proxy-unreachable': {
    text: 'The provider is called by a proxy, and there is no connection to the proxy itself: its name, its port or its certificate is wrong, or it is down.',
    compare: [
      '`network.proxy`, or `HTTPS_PROXY` in the environment of the server: a shell and a systemd unit may have different ones',
      '`network.noProxy` or `NO_PROXY`, where the provider needs no proxy',
    ],
  },
  'proxy-not-trusted': {
    text: 'A forward-auth request came from an address that listen.trustedProxies does not list. Anyone who can reach the port could send such a request, so Gatehouse ignores its forwarded headers.',
  },
  'redirect-uri-not-registered': {
    text: 'Known as AADSTS50011 (Entra), "Invalid parameter: redirect_uri" (Keycloak), "Unregistered redirect_uri" (Dex), redirect_uri_mismatch (Google). The address that the product sends must be registered letter by letter. Most often the product sends http or an internal host because TLS ends at a proxy that it does not trust.',
    compare: [
      'scheme, host, port, path and the slash at the end of both addresses',
      'which list: the address after signing out is registered separately (Keycloak: Valid post logout redirect URIs)',
      'REGISTER.md, which `gatehouse render` writes for each product',
      'the proxy settings of the product, when it sends http: ProxyFix at Superset and Airflow, http-server.process-forwarded at Trino',
    ],
  },
  'render-target-unwritable': {
    text: 'Files are written beside their place and renamed, so the folder itself must be writable. A folder of another user, a read-only mount or a symbolic link in the path prevents that.',
  },
  'request-too-large': {
    text: 'Limits keep one sender from filling the memory. In browsers the usual cause is cookies that pile up on a shared parent domain: delete them once.',
  },
  'request-too-slow': {
    text: 'A form has to arrive within twenty seconds: connections that send a byte now and then would otherwise use up the places of others. An upload to a service may take as long as it likes while bytes flow, and stand still for `services.<name>.timeout`.',
  },
  'return-url-not-allowed': {
    text: 'After people sign in or out, Gatehouse sends them only to addresses of `services` and `products`; any other address could be a trap that uses our name (open redirect).',
  },
  'reset-link-used': {
    text: 'Somebody opened a link for a new password that was used, is too old (an hour by e-mail, a day from an administrator), or was made before the password or the address of the account changed. Two links of one account are good until one of them is used.',
  },
  'scope-not-supported': {
    text: 'The scope is not in scopes_supported of the discovery document, or the client may not ask for it. Keycloak refuses the whole sign-in with invalid_scope; others drop the scope, and groups or refresh tokens are missing later.',
    compare: [
      'scopes and extraScopes with scopes_supported',
      'scopes and extraScopes with the Client scopes of the client: at Keycloak, an existing one must still be added',
      '`groups`: at Keycloak it exists only if someone created the client scope; a mapper on the client needs no scope',
      '`offline_access`: not a scope at Google',
    ],
  },
  'secret-not-found': {
    text: 'This process has no value for a ${env:NAME} or ${file:/path}. systemd units, containers and cron jobs do not have the environment of your shell.',
  },
  'server-stopping': {
    text: 'The server was told to stop (SIGTERM, a restart), and this request had not ended at `listen.drainDeadline`. The log says how many there were. A client may simply try again: the next server answers.',
    compare: [
      '`listen.drainDeadline` with the time that the request takes',
      'the patience of the supervisor (`TimeoutStopSec`, `terminationGracePeriodSeconds`) with `listen.drainDeadline`',
    ],
  },
  'second-factor-refused': {
    text: 'After a right password somebody wrote a code that is neither the one of their app nor a recovery code. A code of the app is good once, for its thirty seconds and those before and after: the clock of the phone must be right. Wrong codes are counted per browser, network and account, and pauses follow.',
    compare: ['the clock of the phone and of the server', 'gatehouse users show NAME'],
  },
  'setup-link-used': {
    text: 'The link for the first administrator works once and for a short time, so that nobody can use one found in a log later.',
  },
  'sign-in-cancelled': {
    text: 'The provider sent the person back with access_denied. Somebody who presses Cancel looks so, and so does somebody to whom the application is not assigned (Okta), who refused the consent, or whom a policy keeps out. The description of the provider in the trace often says which.',
    compare: ['the description in the trace', 'who is assigned to the application at the provider'],
  },
  'sign-in-incomplete': {
    text: 'The provider sent the person back with login_required, interaction_required, consent_required or account_selection_required, although it was asked to show whatever it needs. A policy (conditional access), an expired password or a consent that only an administrator may give is behind it.',
    compare: [
      'the description in the trace',
      'whether the consent needs an administrator: then grant it once for everybody',
    ],
  },
  'sign-in-not-fresh': {
    text: 'A product demanded a new sign-in (prompt=login or max_age). Gatehouse passed that on, and the ID token of the provider says by auth_time that the person had signed in there before. Some providers ignore prompt=login.',
    compare: [
      'auth_time in the trace with the time of the request',
      'the clocks of both machines: more than a minute apart looks the same',
      'whether the product needs the demand: most send prompt=login only when they are told to',
    ],
  },
  'sign-in-required': {
    text: 'A program asked without a session or token and got 401 instead of a redirect to a login page that it could not use. People in a browser are sent to the sign-in page.',
  },
  'store-exists': {
    text: 'Restoring takes the place of everything that is in a store. With --force the file of before stays under another name, with its log, until you remove it.',
  },
  'store-in-use': {
    text: 'An SQLite file is for one server: each has its own memory of who is signed in, and would not hear in time of what the other one ends. The lock is held by the operating system and ends with the process, also after a kill. Commands such as `gatehouse users` work beside a running server.',
  },
  'store-incomplete': {
    text: 'SQLite keeps what was written last in a second file, FILE-wal. A copy of the first one alone, taken while the server ran, has none of it. A server that went on with it would make new keys and know nobody.',
  },
  'store-missing': {
    text: 'The command only reads, or changes what already exists, so it creates no database. The first `gatehouse serve` or `gatehouse users add` creates it. If a server is already running, this command was called with another configuration or in another folder: `store` is relative to the file.',
  },
  'store-unavailable': {
    text: 'The database could not be opened, read or written: disk full, folder read-only, file locked by another process, or a server that is down. Nothing that was acknowledged is lost.',
  },
  'store-version-differs': {
    text: 'Each version knows, by name, the schema changes up to its own release. The next start adds those that a store lacks; a store with more of them was opened by a newer version, and an older one must not write to it.',
  },
  'session-unknown': {
    text: 'The session has ended, or the id is that of somebody else. Ids in the list are the first characters of a digest: nobody can sign in with one.',
  },
  'team-empty': {
    text: 'A rule lets a team in to which no group leads and to which nobody was added by hand, so that the rule lets nobody in. Often the name of the team is an old one.',
  },
  'team-of-provider': {
    text: 'A team has sources: groups of providers, and administrators. What a group gives comes back at the next sign-in, so it cannot be taken away here.',
  },
  'team-unknown': {
    text: 'People can be put only into existing teams: those under `teams` in the configuration that the server last started with.',
  },
  'tenant-not-named': {
    text: 'The discovery document names `{tenantid}` in place of a tenant, as those of Entra do at `common` and `organizations`. Tokens name the tenant that they are from, so that no token has this issuer; and people of every tenant in the world could come. Write the id of your tenant; or, for several, list their ids under `allowedTenants` of the class, which is then a way in for their people alone.',
    compare: [
      'rootPath with Tenant ID on the overview page of Entra',
      '`issuer` in the discovery document with that address',
    ],
  },
  'token-audience-wrong': {
    text: 'The token is genuine, but its aud names another service. Tokens straight from Keycloak say aud: account until an Audience mapper is added; tokens of Gatehouse name the service that was asked for with `resource`.',
    compare: [
      'aud in the token (jwt payload) with the url of the service',
      'the mappers of the client at the provider',
    ],
  },
  'token-invalid': {
    text: 'The token is expired, revoked, cut off, signed by someone else, or an ID token where an access token belongs. The log says which; the answer does not, so a stranger learns nothing.',
  },
  'too-many-attempts': {
    text: 'Failed sign-ins are counted per account and per address. The pause grows and ends by itself; nobody is locked out for good, so nobody can lock out someone else.',
  },
  'upstream-timeout': {
    text: 'The service took the request, and sent not even the first line of an answer within `services.<name>.timeout` (five minutes when absent). How long the rest of an answer, or an upload, takes does not matter.',
    compare: ['how long the service itself says the request takes, with `timeout`'],
  },
  'upstream-missing': {
    text: 'The host name is that of a service, but the configuration does not say where the service listens: a service without `upstream` is reached by another proxy (nginx, Traefik), which only asks the gate for decisions. A request for the service itself has come here, so either `upstream` was forgotten, or the proxy passes requests to Gatehouse that it should pass to the service.',
  },
  'upstream-unreachable': {
    text: 'The person is signed in and allowed; the service itself did not answer the gate. Compare `upstream` with the address where the service really listens, as seen from the gate.',
  },
  'way-in-unknown': {
    text: 'The address names an authentication class that is not under `login`. It may have been there when the sign-in began: the configuration was changed while the person was at the provider.',
    compare: ['the class in the address with `login`', 'the lines `reloaded` in the log'],
  },
  'username-refused': {
    text: 'A name must look the same to everybody who reads it: letters of one script, digits and . _ - + @ (RFC 8265, UsernameCaseMapped), at most 255 bytes. Blanks, control characters, characters that nobody sees and the colon of `client:` are refused; so are plain names that end in `@CLASS`. `problem` says which it was. No session and no user have been created.',
    compare: [
      'the value of the principalClaim in the trace with the account at the provider',
      'names in capitals: they become lower case, so Alice and alice are one person',
    ],
  },
  'user-unknown': {
    text: 'Commands find users by username, not by email or display name. People of an identity provider appear after their first sign-in, or once SCIM has sent them.',
  },
}
