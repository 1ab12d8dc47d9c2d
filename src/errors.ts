/**
 * Every error that a person, a log line, `doctor` or `explain` can name: one row each.
 * A code is stable and says what is wrong; a hint begins with a verb and says what to do.
 */
export interface ErrorRow {
  /** HTTP status of the page or answer that carries it. */
  status: number
  /** One sentence for the person who meets it. No protocol words. */
  message: string
  /** What to do, beginning with a verb. */
  hint: string
}

const rows = {
  'access-denied': {
    status: 403,
    message: 'You are signed in, but this service is not open to you.',
    hint: 'Ask the owner of the service to add one of your teams to its rules, or sign in as someone else.',
  },
  'account-deactivated': {
    status: 403,
    message: 'This account has been deactivated.',
    hint: 'Ask an administrator to activate the account again.',
  },
  'account-exists': {
    status: 409,
    message: 'An account with this name already exists.',
    hint: 'Choose another name. For a person who was made anew at the provider, run `gatehouse users link NAME CLASS/SUBJECT`; or free the name with `gatehouse users rename` or `gatehouse users remove`.',
  },
  'account-of-provider': {
    status: 409,
    message: 'This person signs in at an identity provider, which says who they are.',
    hint: 'Change it at the provider. To give them a password here as well, past the provider, add --local to `gatehouse users password`.',
  },
  'address-not-available': {
    status: 500,
    message: 'The configured address is not one of this machine.',
    hint: 'Correct listen.host: 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses.',
  },
  'address-not-permitted': {
    status: 500,
    message: 'This program may not listen on the configured port.',
    hint: 'Choose a port from 1024 on with listen.port, or give the program the right (CAP_NET_BIND_SERVICE).',
  },
  'address-in-use': {
    status: 500,
    message: 'The server cannot listen on the configured address.',
    hint: 'Stop the other program on this port, or choose another port with listen.port.',
  },
  'backup-elsewhere': {
    status: 500,
    message: 'A PostgreSQL database is backed up and restored with its own tools.',
    hint: 'Run the command above where PostgreSQL is installed. Keep `encryptionKey` too: without it the copy is of no use.',
  },
  'backup-exists': {
    status: 500,
    message: 'There is a file of that name already.',
    hint: 'Name another file; --force replaces an older backup, and nothing else.',
  },
  'backup-unusable': {
    status: 500,
    message: 'This file cannot be restored.',
    hint: 'Choose a file that `gatehouse store backup` has made, with this version or an older one.',
  },
  'callback-mismatch': {
    status: 400,
    message: 'What came back from the identity provider does not answer this sign-in.',
    hint: 'Start again; if it happens each time, look up in the trace what came back, and from whom.',
  },
  'certificate-expired': {
    status: 502,
    message: 'The certificate of the identity provider is not valid at this time.',
    hint: 'Renew the certificate of the identity provider, and compare the clocks of both machines.',
  },
  'certificate-hostname-mismatch': {
    status: 502,
    message: 'The certificate of the identity provider is for another host name.',
    hint: 'Issue a certificate that names the host, or correct the hostname of the authentication class.',
  },
  'certificate-untrusted': {
    status: 502,
    message: 'The certificate of the identity provider is signed by an authority that is not trusted here.',
    hint: 'Add the authority: tls.verification.server.caCert of the authentication class, or network.ca.',
  },
  'claim-not-supported': {
    status: 502,
    message: 'The identity provider does not list a claim that is needed.',
    hint: 'Add a mapper for the claim at the identity provider, or choose another principalClaim.',
  },
  'changed-meanwhile': {
    status: 409,
    message: 'Someone else changed the same thing at the same time.',
    hint: 'Check its current state, then try again.',
  },
  'client-credentials-rejected': {
    status: 502,
    message: 'The identity provider does not accept the configured client id and secret.',
    hint: 'Copy the client secret from the identity provider again and check clientAuthenticationMethod.',
  },
  'client-unknown': {
    status: 400,
    message: 'The application that sent you here is not known to the sign-in service.',
    hint: 'Compare the client id in the application with `gatehouse clients list`, and render its files again.',
  },
  'client-method-wrong': {
    status: 401,
    message: 'The application proved who it is in another way than the one that it is registered with.',
    hint: 'Set clientAuthenticationMethod of the product to the way that the application uses, or tell the application the other one.',
  },
  'client-secret-wrong': {
    status: 401,
    message: 'The application does not have the secret that it is registered with.',
    hint: 'Compare its secret with `gatehouse clients secret PRODUCT`, and render its files again.',
  },
  'client-without-secret': {
    status: 400,
    message: 'This client has no secret.',
    hint: 'Give the product its client id only; a client with a secret has clientAuthenticationMethod: client_secret_basic.',
  },
  'client-secret-elsewhere': {
    status: 500,
    message: 'The client secret is derived from the key of the server, and that key is not here.',
    hint: 'Run this where `gatehouse serve` runs and has already started once, or give both the same `encryptionKey`.',
  },
  'clock-skew': {
    status: 502,
    message: 'The clocks of this machine and of the identity provider disagree.',
    hint: 'Synchronise both machines with a time server (NTP).',
  },
  'config-invalid': {
    status: 500,
    message: 'The configuration has mistakes.',
    hint: 'Correct each listed line, then run `gatehouse check`.',
  },
  'config-not-found': {
    status: 500,
    message: 'The configuration file cannot be read.',
    hint: 'Name the file with -c or -f, or run `gatehouse init` to write one.',
  },
  'cross-site-request': {
    status: 403,
    message: 'This form was sent from another site, so nothing was done.',
    hint: 'Open the page here and send the form again.',
  },
  'directory-account-disabled': {
    status: 403,
    message: 'Your account is disabled in the directory.',
    hint: 'Ask whoever runs the directory to enable the account.',
  },
  'directory-account-expired': {
    status: 403,
    message: 'Your account in the directory has expired.',
    hint: 'Ask whoever runs the directory to extend the account.',
  },
  'directory-account-locked': {
    status: 403,
    message: 'Your account is locked in the directory.',
    hint: 'Wait until the directory takes passwords for it again, or ask whoever runs the directory to unlock the account.',
  },
  'directory-bind-refused': {
    status: 502,
    message: 'The directory refuses the account with which this service asks it.',
    hint: 'Correct `user` (a DN) and `password` of the secret that bindCredentials names. Where the trace says that it needs TLS, add tls to the class.',
  },
  'directory-name-ambiguous': {
    status: 409,
    message: 'Several people in the directory have this name.',
    hint: 'Sign in with your user name. Administrators: make searchBase or searchFilter of the class narrower, or choose an attribute for ldapFieldNames.uid that is unique.',
  },
  'directory-password-expired': {
    status: 403,
    message: 'Your password in the directory has expired, or must be changed first.',
    hint: 'Change the password where you change it at work, then sign in again.',
  },
  'directory-refuses-tls': {
    status: 502,
    message: 'The directory does not turn to TLS when it is asked to.',
    hint: 'Give the directory a certificate, or use ldaps: take out startTls and name its port. Nothing was sent in clear text.',
  },
  'directory-search-failed': {
    status: 502,
    message: 'The directory cannot answer what it was asked.',
    hint: 'Compare searchBase, searchFilter and groups of the class with the directory, and what the account of bindCredentials may read. Referrals to other servers are not followed.',
  },
  'directory-sign-in-restricted': {
    status: 403,
    message: 'The directory does not let you sign in here, or not at this time.',
    hint: 'Ask whoever runs the directory about the hours, machines and kinds of sign-in that the account may use.',
  },
  'email-not-verified': {
    status: 403,
    message: 'Your identity provider does not say that the e-mail address that names you is yours.',
    hint: 'Let the identity provider send `email_verified: true`, or list the domain under emailDomains of the one way in whose provider issues its addresses.',
  },
  'email-refused': {
    status: 400,
    message: 'This is no e-mail address.',
    hint: 'Write an address such as alice@example.com.',
  },
  'email-taken': {
    status: 409,
    message: 'Another account signs in with this e-mail address.',
    hint: 'Choose another address, or change that of the other account with `gatehouse users change`.',
  },
  'encryption-key-wrong': {
    status: 500,
    message: 'The encryption key cannot be used with this store.',
    hint: 'Set encryptionKey to the key that the store was made with, or restore that key from your backup. A new store takes any 32 bytes: openssl rand -base64 32.',
  },
  'host-unknown': {
    status: 421,
    message: 'Nothing is served under this host name.',
    hint: 'Compare the address with `issuer` and with the url of each service in the configuration.',
  },
  'group-unmatched': {
    status: 403,
    message: 'A group that people bring gives no team, and almost the same one is configured.',
    hint: 'Write the group under `teams` exactly as the provider sends it.',
  },
  'groups-unavailable': {
    status: 502,
    message: 'The identity provider does not say which groups you are in.',
    hint: 'Try again in a minute; then look up in the trace what the address for groups answered.',
  },
  'header-refused': {
    status: 400,
    message: 'The request has a header that is not allowed here.',
    hint: 'Send header names of letters, digits and single hyphens, no X-HTTP-Method-Override, and none that removeHeaders of the service names.',
  },
  'id-token-invalid': {
    status: 502,
    message: 'The identity provider sent an answer that cannot be trusted.',
    hint: 'Compare what was received with what was expected (`gatehouse explain REQUEST_ID` shows both), and correct the client or the keys at the identity provider.',
  },
  'internal-error': {
    status: 500,
    message: 'Something failed inside the sign-in service.',
    hint: 'Look up the request id in the log, or run `gatehouse explain REQUEST_ID`.',
  },
  'invalid-credentials': {
    status: 401,
    message: 'Incorrect username or password.',
    hint: 'Try again, or ask an administrator to set a new password.',
  },
  'invalid-request': {
    status: 400,
    message: 'The request is incomplete or cannot be understood.',
    hint: 'Start again from the application; the trace names the part that is wrong.',
  },
  'issuer-unreachable': {
    status: 502,
    message: 'The sign-in service does not answer at its own address.',
    hint: 'Start `gatehouse serve`, or let the proxy in front of it pass everything below `issuer`.',
  },
  'issuer-mismatch': {
    status: 502,
    message: 'The identity provider calls itself by a different name than the configured one.',
    hint: 'Set hostname, port and rootPath of the authentication class so that both issuers are equal; a slash at the end does not matter here, but in files for products it does.',
  },
  'last-administrator': {
    status: 409,
    message: 'Nobody else is an active administrator.',
    hint: 'Make somebody else an administrator first (`gatehouse users change NAME --admin`), or add --force.',
  },
  'login-expired': {
    status: 400,
    message: 'This sign-in took too long or was started in another browser.',
    hint: 'Start again from the application.',
  },
  'login-replayed': {
    status: 400,
    message: 'This sign-in has already been used.',
    hint: 'Start again from the application.',
  },
  'method-not-allowed': {
    status: 405,
    message: 'This address does not accept that kind of request.',
    hint: 'Use the method that the reference names for this path.',
  },
  'no-other-way-in': {
    status: 409,
    message: 'Without a password nobody could sign in to this account.',
    hint: 'Deactivate the account with `gatehouse users deactivate`, or set another password.',
  },
  'not-found': {
    status: 404,
    message: 'There is no page at this address.',
    hint: 'Check the address, or go back to where you came from.',
  },
  'passkey-refused': {
    status: 401,
    message: 'This passkey was not taken.',
    hint: 'Try again from the page, or sign in in another way; the trace says what did not fit. Passkeys are good at the address of `issuer` only.',
  },
  'password-refused': {
    status: 400,
    message: 'This password cannot be used.',
    hint: 'Choose a password that is long enough (8 characters, or `localAccounts.passwordLength`), at most 1,024 bytes without line breaks, no name of the account, and none that is guessed first.',
  },
  'path-ambiguous': {
    status: 400,
    message: 'The address can be read in more than one way, so it is refused.',
    hint: 'Let the rules of the service decide alike about both readings, which the trace names; dot segments and malformed paths are never forwarded.',
  },
  'person-not-admitted': {
    status: 403,
    message: 'You are known at the identity provider, but may not sign in here.',
    hint: 'Ask an administrator for access, or sign in as someone else. Administrators: see `allowedGroups`, `allowedDomains`, `allowedTenants`, `hostedDomains`, `organizations` and `teams` of the authentication class.',
  },
  'preflight-refused': {
    status: 401,
    message:
      'A page of another origin may not call this service: its preflight came without credentials, as they all do.',
    hint: 'List the origin of the page under allowedOrigins of the service, or add a rule with methods: [OPTIONS] and allow: everyone.',
  },
  'principal-claim-missing': {
    status: 502,
    message: 'The identity provider did not send the claim that names you.',
    hint: 'Add a mapper for the claim at the identity provider, or choose another principalClaim.',
  },
  'product-setting-ignored': {
    status: 500,
    message: 'The product cannot express one of the settings.',
    hint: 'Remove the setting, or use a product version that knows it.',
  },
  'provider-refused': {
    // Not ours to be alarmed at: whoever is at the browser can bring this about.
    status: 403,
    message: 'The identity provider refused to sign you in.',
    hint: 'Find the error of the identity provider in the trace, and fix its cause at the identity provider.',
  },
  'provider-answer-refused': {
    status: 502,
    message: 'The identity provider sent an answer that is too large or too deeply nested.',
    hint: 'Check what answers at the address in the log: the answer of a provider may have at most 256 KiB.',
  },
  'provider-answer-unusable': {
    status: 502,
    message: 'The identity provider gave an answer that is of no use.',
    hint: 'Open the address that the trace names, from this machine, and compare the answer: the provider fails there, or a proxy answers in its place.',
  },
  'provider-busy': {
    status: 503,
    message: 'Too many people wait for the identity provider at the moment.',
    hint: 'Try again in a minute. Whoever runs this server finds out why the identity provider is slow, in its log or with `gatehouse doctor`.',
  },
  'provider-unavailable': {
    // It may come by the browser, as that of provider-refused.
    status: 403,
    message: 'The identity provider cannot sign anybody in at the moment.',
    hint: 'Try again in a few minutes; if it stays so, look for its error in the log of the identity provider.',
  },
  'provider-unreachable': {
    status: 502,
    message: 'The identity provider cannot be reached at the moment.',
    hint: 'Check the name, the network path and the proxy to the identity provider with `gatehouse doctor`.',
  },
  'proxy-not-trusted': {
    status: 403,
    message: 'A proxy that is not trusted asked on behalf of someone.',
    hint: 'Add the address of the proxy to listen.trustedProxies.',
  },
  'proxy-refused': {
    status: 502,
    message: 'The proxy on the way to the identity provider lets nothing through.',
    hint: 'Look at the status in the log: 407 asks for a user name and a password in the address of the proxy (network.proxy, HTTPS_PROXY), 403 is its list of hosts, 502 to 504 say that it does not reach the provider itself.',
  },
  'proxy-unreachable': {
    status: 502,
    message: 'The proxy on the way to the identity provider cannot be reached.',
    hint: 'Correct the address of the proxy (network.proxy, HTTPS_PROXY), or name the provider in network.noProxy if it needs none.',
  },
  'redirect-uri-not-registered': {
    status: 400,
    message: 'The application and the sign-in service disagree about the address to return to.',
    hint: 'Register exactly the address that the application sends; REGISTER.md of the product lists it.',
  },
  'render-target-unwritable': {
    status: 500,
    message: 'Gatehouse cannot write to the output folder.',
    hint: 'Choose another folder with -o, or make this one writable.',
  },
  'request-too-large': {
    status: 413,
    message: 'The request is too large.',
    hint: 'Send less; the log says how many bytes there may be, and docs/guides/operations.md lists the limits.',
  },
  'request-too-slow': {
    status: 408,
    message: 'The request took too long to arrive.',
    hint: 'Send it again over a faster connection.',
  },
  'return-url-not-allowed': {
    status: 400,
    message: 'The return address is not one of ours.',
    hint: 'Add the service and its url to `services`; only those addresses are allowed.',
  },
  'reset-link-used': {
    status: 403,
    message: 'This link does not work any more.',
    hint: 'Ask for a new one on the sign-in page, or an administrator for `gatehouse users reset NAME`; a link works once, for a short time, and ends with the password that it was made for.',
  },
  'scope-not-supported': {
    // The browser brings it back from the provider.
    status: 403,
    message: 'The identity provider does not offer a requested scope.',
    hint: 'Remove the scope from the authentication class, or create it at the identity provider.',
  },
  'second-factor-refused': {
    status: 401,
    message: 'This code is not right, or it has been used.',
    hint: 'Wait for the next code of the app, or use a recovery code; check the clock of the phone. Who has neither: `gatehouse users second-factor NAME --remove`.',
  },
  'secret-not-found': {
    status: 500,
    message: 'A secret that the configuration refers to is missing.',
    hint: 'Set the environment variable, write the file, or correct the reference.',
  },
  'server-stopping': {
    status: 503,
    message: 'This server is being stopped, and did not finish your request in time.',
    hint: 'Try again in a moment; raise listen.drainDeadline if requests usually take longer than it.',
  },
  'setup-link-used': {
    status: 410,
    message: 'This setup link has been used or has expired.',
    hint: 'Run `gatehouse users add NAME --admin` on the server to create an administrator.',
  },
  'sign-in-cancelled': {
    // Whoever is at the browser decides this.
    status: 403,
    message: 'The identity provider sent you back without signing you in.',
    hint: 'Choose a way to sign in again; if you did not cancel, ask whoever runs the identity provider to let you use this application.',
  },
  'sign-in-incomplete': {
    status: 403,
    message: 'The identity provider wants something from you before it lets you in.',
    hint: 'Sign in at the identity provider itself and do what it asks, such as a consent or a new password, then try again here.',
  },
  'sign-in-not-fresh': {
    status: 403,
    message: 'The application asks for a new sign-in, and the provider answered with an earlier one.',
    hint: 'Sign out at the provider and try again, or choose another way to sign in.',
  },
  'sign-in-required': {
    status: 401,
    message: 'Sign in to use this service.',
    hint: 'Sign in with a browser, or send a bearer token of this issuer.',
  },
  'store-exists': {
    status: 500,
    message: 'There is a store already.',
    hint: 'Add --force to put the backup in its place: the store of before is set aside, not removed.',
  },
  'store-in-use': {
    status: 503,
    message: 'Another server is running on this store.',
    hint: 'Stop the other server first. For several servers at once set `store` to one PostgreSQL database for all of them.',
  },
  'store-incomplete': {
    status: 503,
    message:
      'The file of the store is without its tables: it was copied from a running server, without the log beside it.',
    hint: 'Restore a backup that was made with `gatehouse store backup`, or copy the file again with its -wal when the server has stopped.',
  },
  'store-missing': {
    status: 503,
    message: 'There is no store yet.',
    hint: 'Run `gatehouse serve` once, create the first account with `gatehouse users add NAME --admin`, or correct `store`.',
  },
  'store-unavailable': {
    status: 503,
    message: 'The sign-in service cannot reach its database.',
    hint: 'Check the address, the password and the certificate in `store`, and that its database runs; for a file, its folder, permissions and disk space.',
  },
  'store-version-differs': {
    status: 503,
    message: 'Another version of the sign-in service wrote this database.',
    hint: 'Restart `gatehouse serve` with the newer version; it brings the database up to date.',
  },
  'session-unknown': {
    status: 404,
    message: 'There is no session with that id.',
    hint: 'List the sessions with `gatehouse users sessions NAME`.',
  },
  'team-empty': {
    status: 403,
    message: 'Nobody can be in a team that the rules name.',
    hint: 'Write under `teams` which group gives the team, or put people there with `gatehouse users change NAME --team TEAM`.',
  },
  'team-of-provider': {
    status: 409,
    message: 'A group of the identity provider gives this team.',
    hint: 'Take the person out of the group at the provider, or change `from` of the team in the configuration.',
  },
  'team-unknown': {
    status: 400,
    message: 'There is no team with that name.',
    hint: 'Add the team under `teams` in the configuration, then start the server again.',
  },
  'tenant-not-named': {
    status: 502,
    message: 'The identity provider is configured without its tenant, so nobody can tell whose people come from it.',
    hint: 'Write the id of your tenant in rootPath of the authentication class, such as /00000000-0000-0000-0000-000000000000/v2.0 in place of /common/v2.0 or /organizations/v2.0; or name several under allowedTenants.',
  },
  'token-audience-wrong': {
    status: 401,
    message: 'The token was issued for another service.',
    hint: 'Ask for a token with `resource` set to the url of this service.',
  },
  'token-invalid': {
    status: 401,
    message: 'The token is not valid here.',
    hint: 'Ask for a new token from this issuer and send it whole.',
  },
  'too-many-attempts': {
    status: 429,
    message: 'Too many attempts. Wait a little before the next one.',
    hint: 'Wait a minute, then try again.',
  },
  'upstream-timeout': {
    status: 504,
    message: 'This service took too long to begin its answer.',
    hint: 'Ask for less at once, or raise `timeout` of the service if its answers take that long.',
  },
  'upstream-missing': {
    status: 421,
    message: 'This service cannot be opened at this address.',
    hint: 'Set `upstream` of the service to the address where it listens; where a proxy asks the gate, let the proxy pass requests on to the service itself.',
  },
  'upstream-unreachable': {
    status: 502,
    message: 'This service does not answer at the moment.',
    hint: 'Start the service, or correct its upstream address.',
  },
  'way-in-unknown': {
    status: 404,
    message: 'This way to sign in is not offered here, or not any more.',
    hint: 'Start again from the application, and choose one of the ways that are offered now.',
  },
  'username-refused': {
    status: 403,
    message: 'This name cannot be used here.',
    hint: 'Choose another name: letters of one script, digits and . _ - + @, at most 255 bytes, no blanks. For people of an identity provider, correct it there or choose another principalClaim.',
  },
  'user-unknown': {
    status: 404,
    message: 'There is no user with that name.',
    hint: 'List the users with `gatehouse users list`.',
  },
} satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof rows
/** Codes of what happens; their details are facts under names of their own. */
export type IncidentCode = Exclude<ErrorCode, 'config-invalid'>
export const errorRows: Readonly<Record<ErrorCode, ErrorRow>> = rows

export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(rows, word)
}

/** What is wrong with a configuration that gets past its own check, and where. Every `config-invalid` has this shape. */
export interface ConfigMistake {
  /** The dotted path of the field, `$VARIABLE`, `--option` or the name of a file. */
  at: string
  /** What is wrong there, in words that continue after the place: `is missing: ...`. */
  problem: string
}

/**
 * An error with a row in the table above. `details` are shown to operators (log, trace, doctor), never to people who sign in,
 * and never hold a secret; the cause chain is kept for the log.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: 'config-invalid', details: ConfigMistake, options?: { cause?: unknown })
  constructor(code: IncidentCode, details?: Record<string, unknown>, options?: { cause?: unknown })
  constructor(code: ErrorCode, details: object = {}, options: { cause?: unknown } = {}) {
    super(rows[code].message, options)
    this.code = code
    this.details = { ...details }
  }

  get status(): number {
    return rows[this.code].status
  }

  get hint(): string {
    return rows[this.code].hint
  }
}

/** Anything that was thrown as an AppError: what is none is a mistake of ours, `internal-error`, and stays the cause. */
export function asAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('internal-error', {}, { cause: error })
}

/** The messages of an error and of its causes, outermost first, on one line. */
export function causeChain(error: unknown): string {
  const messages: string[] = []
  for (let at: unknown = error; at !== undefined && at !== null && messages.length < 6; ) {
    // Anything but an error (a response, the parameters of a callback) may hold what must not be written down.
    if (!(at instanceof Error)) break
    const code = 'code' in at && typeof at.code === 'string' ? ` (${at.code})` : ''
    messages.push(`${at.message}${code}`)
    at = at.cause
  }
  return messages.join(' <- ')
}
