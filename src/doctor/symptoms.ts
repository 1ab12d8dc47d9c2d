/**
 * Texts that people paste: what providers, products and their logs say when a sign-in fails. Each row: the words by which we know it, the code
 * of ours for the same thing (if there is one), who says it, why, and what to do.
 */
import type { ErrorCode } from '../errors.ts'

export interface Symptom {
  words: RegExp
  code?: ErrorCode
  /** Whose words these are. */
  from: string
  cause: string
  /** Begins with a verb. */
  remedy: string
}

/** A longer text than any error page is no symptom; it is cut before we search it. */
export const longestSymptom = 8_000

/** The symptoms in a text, in the order of the table: particular ones stand before general ones. */
export function symptomsIn(text: string): Symptom[] {
  const searched = text.slice(0, longestSymptom)
  return symptoms.filter(({ words }) => words.test(searched))
}

const registerUri =
  'Register the redirect URI of REGISTER.md at the client, letter by letter; if the product sends http or an internal host, let it trust its proxy.'
const renewSecret =
  'Copy the secret of the client again to where `secrets` refers to, without a newline, and compare clientAuthenticationMethod with what the client may use.'
const trustAuthority =
  'Add the authority under `secrets` as ca.crt, name it in tls.verification.server.caCert.secretClass and render again; REGISTER.md says where the product keeps its trust.'

export const symptoms: readonly Symptom[] = [
  // Entra
  {
    words: /AADSTS50011\b/,
    code: 'redirect-uri-not-registered',
    from: 'Microsoft Entra ID',
    cause:
      'The address that the application sends is not among the redirect URIs of the app registration, to the letter.',
    remedy: registerUri,
  },
  {
    words: /AADSTS(?:700016|7000112)\b/,
    code: 'client-unknown',
    from: 'Microsoft Entra ID',
    cause: 'No application of this tenant has the client id, or the application is disabled there.',
    remedy:
      'Compare clientId under `secrets` with Application (client) ID, and the tenant in rootPath with Directory (tenant) ID.',
  },
  {
    words: /AADSTS7000215\b/,
    code: 'client-credentials-rejected',
    from: 'Microsoft Entra ID',
    cause: 'The client secret is wrong. Often the Secret ID was copied in place of the Value.',
    remedy: 'Create a new secret and copy the column Value at once: it is shown only then.',
  },
  {
    words: /AADSTS7000222\b/,
    code: 'client-credentials-rejected',
    from: 'Microsoft Entra ID',
    cause: 'The client secret has expired.',
    remedy: 'Create a new secret, copy its Value to where `secrets` refers to, and write down when it ends.',
  },
  {
    words: /AADSTS7000218\b/,
    code: 'client-credentials-rejected',
    from: 'Microsoft Entra ID',
    cause: 'The request for tokens had no client secret although the client is a confidential one.',
    remedy: 'Set the secret where the application reads it, or allow public client flows if it is meant to have none.',
  },
  {
    words: /AADSTS(?:650053|70011|650052)\b/,
    code: 'scope-not-supported',
    from: 'Microsoft Entra ID',
    cause: 'A requested scope does not exist, such as `groups`, or belongs to an API that the tenant does not have.',
    remedy: 'Remove it from scopes and extraScopes; groups come by the optional claim `groups`, not by a scope.',
  },
  {
    words: /AADSTS50105\b/,
    code: 'access-denied',
    from: 'Microsoft Entra ID',
    cause:
      'The application wants an assignment, and neither the person nor a direct group has one. Nested groups do not count.',
    remedy: 'Assign the person or the group under Enterprise applications, Users and groups.',
  },
  {
    words: /AADSTS(?:65001|90094)\b|Need admin approval/i,
    code: 'provider-refused',
    from: 'Microsoft Entra ID',
    cause: 'Nobody has consented to the permissions of the application, or only an administrator may.',
    remedy: 'Grant admin consent under API permissions of the app registration.',
  },
  {
    words: /AADSTS90009\b/,
    code: 'scope-not-supported',
    from: 'Microsoft Entra ID',
    cause: 'The application asks for a token for itself, with a scope that has `api://` in it.',
    remedy: 'Write the scope with the id in place of the address: <client id>/access.',
  },
  {
    words: /AADSTS(?:90002|900023)\b/,
    code: 'provider-unreachable',
    from: 'Microsoft Entra ID',
    cause: 'There is no such tenant.',
    remedy: 'Correct the tenant in rootPath: it is Directory (tenant) ID on the overview page.',
  },
  {
    words: /AADSTS50020\b/,
    code: 'provider-refused',
    from: 'Microsoft Entra ID',
    cause: 'The person belongs to another tenant and is no guest of this one.',
    remedy: 'Invite the person as a guest, or sign in with an account of this tenant.',
  },
  {
    words: /AADSTS(?:50076|50079|53003|53000)\b/,
    code: 'provider-refused',
    from: 'Microsoft Entra ID',
    cause: 'A policy (conditional access) wants a second factor or another device for this application.',
    remedy: 'Look at the sign-in log of Entra for the policy that applied, and complete what it asks for.',
  },
  {
    words: /AADSTS(?:70008|54005|70000)\b/,
    code: 'provider-refused',
    from: 'Microsoft Entra ID',
    cause: 'The code or refresh token was used already, has expired or was revoked.',
    remedy:
      'Sign in again; if it comes back at each sign-in, look for a reload of the callback address or a second replica.',
  },
  {
    words: /AADSTS9002325\b|AADSTS50148\b|AADSTS501481\b/,
    code: 'provider-refused',
    from: 'Microsoft Entra ID',
    cause: 'PKCE is missing, or the verifier does not fit the challenge.',
    remedy:
      'Register the redirect URI under Web and not under Single-page application, and let the application send PKCE with S256.',
  },
  {
    words:
      /id token issued by a different provider.{0,200}sts\.windows\.net|sts\.windows\.net.{0,200}login\.microsoftonline\.com|login\.microsoftonline\.com.{0,200}sts\.windows\.net/is,
    code: 'issuer-mismatch',
    from: 'whoever checks a bearer token of Entra',
    cause: 'The access token has version 1: its issuer is https://sts.windows.net/<tenant>/.',
    remedy:
      'Set requestedAccessTokenVersion (accessTokenAcceptedVersion) to 2 in the manifest of the API, and ask for a scope of it.',
  },
  // Keycloak
  {
    words: /Invalid parameter: redirect_uri/i,
    code: 'redirect-uri-not-registered',
    from: 'Keycloak',
    cause: 'The address that the application sends is not among Valid redirect URIs of the client.',
    remedy: registerUri,
  },
  {
    words: /Invalid parameter: (?:post_logout_redirect_uri|id_token_hint)|^\s*Invalid redirect uri\.?\s*$/im,
    code: 'redirect-uri-not-registered',
    from: 'Keycloak, at a sign-out',
    cause: 'The address after signing out is not among Valid post logout redirect URIs of the client.',
    remedy: 'Add the address there: it is a list of its own. `+` means all redirect URIs.',
  },
  {
    words: /\bClient not found\b/i,
    code: 'client-unknown',
    from: 'Keycloak',
    cause: 'The realm has no client of that id. Often it was made in another realm.',
    remedy: 'Create the client in the realm of rootPath, or correct clientId under `secrets`.',
  },
  {
    words: /Invalid client or Invalid client credentials|\bINVALID_CLIENT_CREDENTIALS\b/i,
    code: 'client-credentials-rejected',
    from: 'Keycloak',
    cause: 'The client id is known, and its secret is another one; or the client is public and sends one.',
    remedy: renewSecret,
  },
  {
    words: /Client is not allowed to initiate browser login|Standard flow is disabled/i,
    code: 'provider-refused',
    from: 'Keycloak',
    cause: 'Standard flow is off at the client.',
    remedy: 'Switch on Standard flow under Capability config of the client.',
  },
  {
    words: /Missing parameter: code_challenge/i,
    code: 'provider-refused',
    from: 'Keycloak',
    cause: 'The client demands PKCE and the application sends none.',
    remedy:
      'Leave PKCE Method of the client empty for applications that send none (REGISTER.md says which), or update the application.',
  },
  {
    words: /Invalid scopes?:|\binvalid_scope\b/i,
    code: 'scope-not-supported',
    from: 'an OpenID provider',
    cause:
      'A requested scope does not exist there, or is not added to this client. At Keycloak `groups` exists only when somebody has made it.',
    remedy: 'Create the client scope and add it to the client, or remove it from scopes and extraScopes.',
  },
  {
    words: /audience from claim aud with value \[?account|\baud\b.{0,40}\baccount\b/is,
    code: 'token-audience-wrong',
    from: 'oauth2-proxy and others, about tokens of Keycloak',
    cause: 'Access tokens of Keycloak say `aud: account` until somebody adds an audience.',
    remedy: 'Add an Audience mapper for the client to its dedicated scope.',
  },
  {
    words: /HTTPS required/i,
    code: 'provider-refused',
    from: 'Keycloak',
    cause: 'The realm demands https and the request came by http, or the proxy does not say that it was https.',
    remedy: 'Let the proxy in front of Keycloak send X-Forwarded-Proto, and set KC_PROXY_HEADERS=xforwarded.',
  },
  // Okta, Auth0, Cognito, Google, GitLab, Dex, ADFS
  {
    words: /'redirect_uri' parameter .{0,200}(?:Login redirect URI|whitelisted)/is,
    code: 'redirect-uri-not-registered',
    from: 'Okta',
    cause: 'The address is not among Sign-in redirect URIs of the application.',
    remedy: registerUri,
  },
  {
    words: /Policy evaluation failed for this request|no_matching_policy/i,
    code: 'provider-refused',
    from: 'Okta',
    cause: 'The custom authorization server has no access policy for this client or these scopes.',
    remedy: 'Add an access policy and a rule under Security, API, the server, Access Policies.',
  },
  {
    words: /User is not assigned to the client application/i,
    code: 'access-denied',
    from: 'Okta',
    cause: 'The application is not assigned to the person.',
    remedy: 'Assign the person or a group under Assignments of the application.',
  },
  {
    words: /Callback URL mismatch/i,
    code: 'redirect-uri-not-registered',
    from: 'Auth0',
    cause: 'The address is not among Allowed Callback URLs of the application.',
    remedy: registerUri,
  },
  {
    words: /\bredirect_uri_mismatch\b/i,
    code: 'redirect-uri-not-registered',
    from: 'Google or GitHub',
    cause: 'The address is not registered, or differs.',
    remedy: registerUri,
  },
  {
    words: /has not completed the (?:Google )?verification process|Error 403: access_denied/i,
    code: 'access-denied',
    from: 'Google',
    cause: 'The application is in Testing, and the person is no test user; or the organization does not allow it.',
    remedy: 'Publish the app under Audience, or add the person as a test user.',
  },
  {
    words: /\bredirect_mismatch\b/i,
    code: 'redirect-uri-not-registered',
    from: 'Amazon Cognito',
    cause: 'The address is not among the callback URLs of the app client.',
    remedy: registerUri,
  },
  {
    words: /The redirect URI included is not valid/i,
    code: 'redirect-uri-not-registered',
    from: 'GitLab',
    cause: 'The address is not among the callback URLs of the application.',
    remedy: registerUri,
  },
  {
    words: /Unregistered redirect_uri/i,
    code: 'redirect-uri-not-registered',
    from: 'Dex',
    cause: 'The client has other redirectURIs. At Kubeflow, Dex and oauth2-proxy were often not rendered together.',
    remedy: 'Add the address to redirectURIs of the client in the configuration of Dex, and restart Dex.',
  },
  {
    words: /Invalid client_id \(/i,
    code: 'client-unknown',
    from: 'Dex',
    cause: 'Dex has no static client of that id, or was not restarted.',
    remedy: 'Add the client to staticClients and restart Dex.',
  },
  {
    words: /failed to (?:open|initialize) (?:all )?connectors?|Failed to open connector|failed to get provider/i,
    code: 'provider-unreachable',
    from: 'Dex',
    cause: 'A provider did not answer when Dex started, or its issuer is written wrongly.',
    remedy:
      'Start the provider first and compare the issuer with what it publishes; `gatehouse doctor` looks at each hop.',
  },
  {
    words: /missing "email_verified" claim|email in id_token .{0,200} isn't verified/is,
    code: 'email-not-verified',
    from: 'oauth2-proxy or Dex',
    cause: 'The claim email_verified is false, or is not sent at all: Entra, ADFS and others never send it.',
    remedy: 'Let the provider verify the address, or say whom you trust: `emailDomains` of the way in.',
  },
  {
    words: /Login session expired|Failed to get auth request: not found/i,
    code: 'login-expired',
    from: 'Dex',
    cause: 'The sign-in took too long, or another replica answered that does not share the store.',
    remedy: 'Start again from the application, and give the replicas one store.',
  },
  {
    words: /MSIS9224/i,
    code: 'redirect-uri-not-registered',
    from: 'AD FS',
    cause: 'The redirect URI is not registered.',
    remedy: registerUri,
  },
  {
    words: /MSIS9(?:201|602|605)/i,
    code: 'scope-not-supported',
    from: 'AD FS',
    cause: 'The client is not permitted to use a scope.',
    remedy: 'Permit it under Client Permissions of the Web API of the application group.',
  },
  // oauth2-proxy
  {
    words: /Unable to find a valid CSRF token|unable to obtain CSRF cookie|CSRF token mismatch/i,
    code: 'login-expired',
    from: 'oauth2-proxy',
    cause:
      'The cookie of the sign-in did not come back: another host, http in place of https, several tabs, or a cached redirect.',
    remedy:
      'Compare the host in the browser with the one of the redirect URI, and set cookie_secure and cookie_domains to it.',
  },
  {
    words: /\[AuthFailure\] Invalid authentication via OAuth2: unauthorized/i,
    code: 'access-denied',
    from: 'oauth2-proxy',
    cause: 'The sign-in worked; no rule for groups or e-mail domains lets the person in.',
    remedy:
      'Compare the groups that the provider sends with allowed_groups: `/analysts` is not `analysts`, and Entra sends ids.',
  },
  {
    words: /cookie "[^"]*" not present|Error loading cookied session/i,
    code: 'login-expired',
    from: 'oauth2-proxy',
    cause:
      'The browser does not send the session cookie: its domain does not cover the host, or it is Secure and the page is http.',
    remedy: 'Set cookie_domains to the parent domain of the protected hosts, and use https.',
  },
  {
    words: /(?:issuer did not match the issuer returned by provider|oidc: issuer did not match)/i,
    code: 'issuer-mismatch',
    from: 'oauth2-proxy, Dex and other Go programs',
    cause:
      'The provider calls itself by another name than the configured one: an internal address, a port, or a slash at the end.',
    remedy:
      'Write the issuer exactly as its discovery document has it; `gatehouse doctor` marks the first different character.',
  },
  {
    words: /id token issued by a different provider/i,
    code: 'issuer-mismatch',
    from: 'oauth2-proxy, Dex and other Go programs',
    cause: '`iss` in the token is another name than the configured issuer.',
    remedy: 'Write the issuer exactly as tokens have it; `gatehouse doctor` shows what the provider publishes.',
  },
  // Superset, Airflow
  {
    words: /mismatching_state|CSRF Warning! State not equal/i,
    code: 'login-expired',
    from: 'Superset and Airflow (Authlib)',
    cause: 'The session was lost between the two hops: replicas with different secret keys, or http and https mixed.',
    remedy: 'Give all replicas one SECRET_KEY, and always use the address of `url`.',
  },
  {
    words: /OAUTH userinfo does not have username or email/i,
    code: 'principal-claim-missing',
    from: 'Superset and Airflow (Flask-AppBuilder)',
    cause: 'Flask-AppBuilder chose a parser by the name of the provider, and it found nothing in what came.',
    remedy:
      'Use the rendered files unchanged: their code reads principalClaim. CUSTOM_SECURITY_MANAGER must not be set to something else later.',
  },
  {
    words: /Error returning OAuth user info: '?\w+'?|sends no claim \S+ for the user name/i,
    code: 'principal-claim-missing',
    from: 'Superset and Airflow',
    cause: 'The token lacks the claim for the user name. At Entra `upn` and `email` are optional claims.',
    remedy: 'Add the claim at the provider (Entra: Token configuration), or set principalClaim to one that comes.',
  },
  {
    words: /Error creating a new OAuth user/i,
    code: 'account-exists',
    from: 'Superset and Airflow',
    cause: 'Another account has the same e-mail address, often the `admin` of `superset fab create-admin`.',
    remedy: 'Give that account another address.',
  },
  {
    words: /No module named '?authlib/i,
    from: 'Superset and Airflow',
    cause: 'Most images lack the library for OAuth.',
    remedy: 'Install it into the image: pip install authlib.',
  },
  // Trino, Druid, NiFi and other Java programs
  {
    words: /Missing required "?end_session_endpoint/i,
    from: 'Trino',
    cause: 'Some releases demand an end_session_endpoint, which Google and Dex do not publish.',
    remedy: 'Set `version` of the product and render again: explicit addresses are written where they are needed.',
  },
  {
    words: /Authentication over HTTP is not enabled/i,
    from: 'Trino',
    cause: 'The request came without https, or the proxy does not say that it was https.',
    remedy: 'Let the proxy send X-Forwarded-Proto: https, and set http-server.process-forwarded=true.',
  },
  {
    words: /cannot impersonate user/i,
    code: 'access-denied',
    from: 'Trino',
    cause: 'The client sends another user name than the one that signed in.',
    remedy: 'Leave --user away, or send the name that the token has.',
  },
  {
    words: /privateKeyJwtConfig cannot be null/i,
    code: 'client-credentials-rejected',
    from: 'Druid 35 and 36 (pac4j)',
    cause:
      'It takes the first client authentication that the provider lists, and Keycloak lists private_key_jwt first.',
    remedy: 'Use Druid 37, where the method is rendered, or 34, or the class `gatehouse`.',
  },
  {
    words: /Untrusted proxy/i,
    code: 'proxy-not-trusted',
    from: 'NiFi',
    cause: 'The identity in a node certificate, after the mapping patterns, is not one of the Node Identities.',
    remedy: 'Compare nifi.security.identity.mapping.* with the names in the certificates and in authorizers.xml.',
  },
  {
    words: /Unknown user with identity|Unable to locate initial admin/i,
    code: 'access-denied',
    from: 'NiFi',
    cause:
      'The sign-in worked. NiFi knows nobody of that identity; the initial admin is read only while users.xml does not exist.',
    remedy:
      'Compare the identity in the message with users.xml, letter by letter, or delete users.xml and authorizations.xml of a new instance.',
  },
  {
    words:
      /PKIX path building failed|unable to find valid certification path|x509: certificate signed by unknown authority|CERTIFICATE_VERIFY_FAILED|self.signed certificate in certificate chain|UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/i,
    code: 'certificate-untrusted',
    from: 'Java, Go, Python or Node.js',
    cause:
      'The certificate of the provider comes from an authority that this program does not trust, or the server leaves out the intermediate one.',
    remedy: trustAuthority,
  },
  {
    words:
      /x509: certificate is valid for|certificate is not valid for|No subject alternative (?:DNS )?names? (?:matching|present)|Hostname\/IP does not match certificate|doesn't match either of/i,
    code: 'certificate-hostname-mismatch',
    from: 'Go, Java, Python or Node.js',
    cause: 'The certificate names other hosts than the requested one: often the placeholder of an ingress.',
    remedy: 'Give the ingress a certificate for this host, or call the provider by a name that its certificate has.',
  },
  {
    words: /x509: certificate has expired|certificate has expired|CertificateExpiredException/i,
    code: 'certificate-expired',
    from: 'Go, Java, Python or Node.js',
    cause: 'By the clock of this machine the certificate is outside its dates.',
    remedy: 'Renew the certificate, or set the clock.',
  },
  {
    words:
      /SSL routines.{0,60}wrong version number|packet length too long|first record does not look like a TLS handshake|Unsupported or unrecognized SSL message|HTTP request was sent to HTTPS port/i,
    code: 'provider-unreachable',
    from: 'OpenSSL, Go, Java or nginx',
    cause: 'One side speaks plain http where the other expects https.',
    remedy: 'Add or remove tls at the class, or correct its port.',
  },
  {
    words: /Jwt issuer is not configured/i,
    code: 'issuer-mismatch',
    from: 'Istio',
    cause: 'The RequestAuthentication names another issuer than the token.',
    remedy: 'Apply the rendered istio.yaml: issuer and keys come from one place.',
  },
  {
    words: /401 No user detected|RBAC: access denied/i,
    code: 'access-denied',
    from: 'Kubeflow and Istio',
    cause: 'The header with the user name did not arrive, or a policy does not let the person in.',
    remedy:
      'Compare the header of the AuthorizationPolicy with the one that the gate sends, and look at which hop it is lost.',
  },
  {
    words: /You must be logged in to the server \(Unauthorized\)/i,
    code: 'token-invalid',
    from: 'kubectl',
    cause: 'Issuer, audience or signature of the token do not fit; only the log of the API server says which.',
    remedy: 'Compare `iss` and `aud` of the token with the rendered authentication configuration.',
  },
  {
    words: /allowed_groups requires|you are not currently authorized to use this hub/i,
    code: 'access-denied',
    from: 'JupyterHub',
    cause: 'The person is in none of the allowed groups.',
    remedy: 'Give the group a role, and look in /hub/admin which groups arrive.',
  },
  // Codes of the protocol, when nothing better is known
  {
    words:
      /token (?:used too early|is expired|expired)|used before issued|not yet valid|JWT (?:is )?expired|jwt expired|nbf.{0,40}(?:future|claim)/i,
    code: 'clock-skew',
    from: 'whoever checks a token',
    cause: 'The clocks of two machines differ, or the token is old indeed.',
    remedy: 'Compare the clocks of both machines; `gatehouse doctor` shows the difference.',
  },
  {
    words:
      /no matching (?:key|jwk)|unable to find a signing key|key id.{0,40}not found|kid.{0,40}not found|signature key.{0,60}not found|failed to verify (?:id token )?signature/i,
    code: 'id-token-invalid',
    from: 'whoever checks a token',
    cause:
      'The key that signed the token is not among the keys of the configured issuer. Org servers of Okta sign access tokens for themselves only.',
    remedy:
      'Compare `kid` of the token with the keys at jwks_uri, and ask for tokens of a server that others may check.',
  },
  {
    words: /_claim_names|hasgroups["']?\s*:\s*(?:true|"true")/i,
    code: 'access-denied',
    from: 'a token of Entra',
    cause: 'The person is in more groups than a token holds (200), so it has an address in place of them.',
    remedy: 'Let the application send only the groups that are assigned to it (Groups assigned to the application).',
  },
  {
    words: /\bERR_TOO_MANY_REDIRECTS\b|redirected you too many times/i,
    from: 'a browser',
    cause:
      'A cookie does not come back (another host, Secure on http, another domain), or the application sends people without a role to its own sign-in.',
    remedy:
      'Compare the host in the address bar with `url` and the domain of the cookie, then look whether the person has a role.',
  },
  {
    words: /Unexpected token '?<'?.{0,40}JSON|blocked by CORS policy/i,
    code: 'preflight-refused',
    from: 'a browser',
    cause: 'A script got a redirect to a sign-in page, or a refusal without CORS headers, in place of an answer.',
    remedy: 'Name the origin under `allowedOrigins` of the service, and let the page be opened again to sign in.',
  },
  {
    words: /\bunauthorized_client\b/i,
    code: 'provider-refused',
    from: 'an OAuth server',
    cause: 'The client may not use this flow; Keycloak says so for a wrong secret too.',
    remedy: 'Allow the authorization code flow for the client (Keycloak: Standard flow), then compare the secret.',
  },
  {
    words: /\binvalid_client\b/i,
    code: 'client-credentials-rejected',
    from: 'an OAuth server',
    cause: 'Client id, secret or the way to send it is wrong.',
    remedy: renewSecret,
  },
  {
    words: /\binvalid_grant\b/i,
    code: 'provider-refused',
    from: 'an OAuth server',
    cause:
      'The code or refresh token was used already, has expired, belongs to another client, or came with another redirect URI or PKCE verifier.',
    remedy: 'Sign in again; if it comes back each time, compare the redirect URI of both requests and the clocks.',
  },
  {
    words: /\b(?:login|interaction|consent)_required\b/i,
    code: 'provider-refused',
    from: 'an OpenID provider',
    cause: 'It was asked not to show a page (prompt=none), and nobody is signed in or something has to be agreed to.',
    remedy: 'Sign in with a page, without prompt=none.',
  },
]
