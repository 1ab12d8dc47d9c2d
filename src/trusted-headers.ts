/**
 * Headers by which services behind a proxy are told who it is, what was asked for or from where. Whoever sends one of them past the gate
 * is believed, so the gate takes them away, and the guides of other proxies list them: both from this table.
 */

const plain = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const usual = /^[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*$/

/** By what a name says, in the spelling in which documentation has it. */
const general = {
  person: `Auth-User Auth-Email Auth-Groups Auth-Type Gap-Auth Gap-Signature Logon-User Eppn Persistent-Id Targeted-Id Unscoped-Affiliation
    Oidc-Access-Token Oidc-Claim-Sub Oidc-Claim-Email Oidc-Claim-Groups Oidc-Claim-Preferred-Username Oidc-Userinfo Proxy-User Proxy-Roles
    Remote-User Remote-Group Remote-Groups Remote-Email Remote-Name Script-User Www-User
    X-Auth-User X-Auth-Userid X-Auth-User-Id X-Auth-Username X-Auth-User-Name X-Auth-Name X-Auth-Email X-Auth-User-Email X-Auth-Group
    X-Auth-Groups X-Auth-Role X-Auth-Roles X-Auth-Subject X-Auth-Audience X-Auth-Expiresin X-Auth-Family-Name X-Auth-Given-Name
    X-Auth-Params-Email X-Auth-Request-Access-Token X-Auth-Request-Email X-Auth-Request-Groups X-Auth-Request-Preferred-Username
    X-Auth-Request-Redirect X-Auth-Request-User
    X-Authenticated-Email X-Authenticated-Groups X-Authenticated-Name X-Authenticated-Scope X-Authenticated-User X-Authenticated-Userid
    X-Acting-User X-Cas-User X-Current-User X-Email X-First-Name X-Last-Name X-Group X-Groups X-Krb-User X-Logged-In-User X-Login-User
    X-On-Behalf-Of-User X-Principal X-Principal-Name X-Remote-Email X-Remote-Group X-Remote-Groups X-Remote-Name X-Remote-User
    X-Remote-User-Email X-Remote-User-Id X-Role X-Roles X-Run-As-User X-Scope-Orgid X-Sm-User X-Sso-User
    X-User X-User-Email X-User-Groups X-User-Id X-User-Info X-User-Name X-User-Role X-User-Roles X-Userid X-Userinfo X-Username
    X-Iisnode-Auth-User X-Iisnode-Logon-User X-Webauth-Email X-Webauth-Groups X-Webauth-Name X-Webauth-Role X-Webauth-User`,
  token: `X-Access-Token X-Id-Token X-Jwt-Assertion X-Jwt-Payload X-Token-Subject X-Token-User-Email X-Token-User-Groups X-Token-User-Name`,
  gateway: `Cas-User Cf-Access-Authenticated-User-Email Cf-Access-Jwt-Assertion Iv-Creds Iv-Groups Iv-User Iv-User-L Mellon-User Oam-Remote-User
    Osso-User-Dn Shib-Identity-Provider Sm-User Sm-Userdn Sm-Usergroups Sm-Universalid Tailscale-User-Login Tailscale-User-Name
    Teleport-Jwt-Assertion X-Amzn-Oidc-Accesstoken X-Amzn-Oidc-Data X-Amzn-Oidc-Identity X-Apigateway-Api-Userinfo X-Apigateway-Event
    X-Appengine-User-Email X-Authelia-Url X-Authentik-Email X-Authentik-Groups X-Authentik-Jwt X-Authentik-Name X-Authentik-Uid
    X-Authentik-Username X-Consumer-Custom-Id X-Consumer-Groups X-Consumer-Id X-Consumer-Username X-Credential-Identifier
    X-Anonymous-Consumer X-Endpoint-Api-Userinfo X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-Id X-Goog-Iap-Jwt-Assertion
    X-Ms-Client-Principal X-Ms-Client-Principal-Id X-Ms-Client-Principal-Idp X-Ms-Client-Principal-Name X-Ms-Token-Aad-Access-Token
    X-Ms-Token-Aad-Id-Token X-Pomerium-Claim-Email X-Pomerium-Claim-Groups X-Pomerium-Jwt-Assertion X-Vouch-User X-Vouch-Idp-Accesstoken`,
  certificate: `Client-Cert Client-Cert-Chain Cf-Cert-Verified Proxy-Auth-Cert Ssl-Client-Cert Ssl-Client-Dn Ssl-Client-I-Dn Ssl-Client-S-Dn
    Ssl-Client-S-Dn-Cn Ssl-Client-Verify Wl-Proxy-Client-Cert X-Amzn-Mtls-Clientcert X-Amzn-Mtls-Clientcert-Subject X-Arr-Clientcert
    X-Client-Cert X-Client-Cert-Chain X-Client-Certificate X-Client-Dn X-Client-S-Dn X-Client-Subject-Dn X-Client-Verify
    X-Spiffe-Id X-Ssl-Cert X-Ssl-Client-Cert X-Ssl-Client-Cn X-Ssl-Client-Dn X-Ssl-Client-S-Dn X-Ssl-Client-Verify X-Tls-Client-Dn`,
  request: `Forwarded Forwarded-Proto Front-End-Https Proxy Proxy-Ssl Request-Uri Script-Name X-Accel-Mapping X-Azure-Fdid X-Base-Url
    X-Envoy-Original-Host X-Envoy-Original-Method X-Envoy-Original-Path X-Forward-Host X-Forward-Proto X-Forwarded X-Forwarded-Access-Token
    X-Forwarded-Client-Cert X-Forwarded-Context X-Forwarded-Email X-Forwarded-For X-Forwarded-Groups X-Forwarded-Host
    X-Forwarded-Method X-Forwarded-Path X-Forwarded-Port X-Forwarded-Preferred-Username X-Forwarded-Prefix X-Forwarded-Proto
    X-Forwarded-Roles X-Forwarded-Scheme X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info
    X-Forwarded-Uri X-Forwarded-Url X-Forwarded-User X-Host X-Host-Override X-Http-Host-Override X-Original-Host X-Original-Method
    X-Original-Proto X-Original-Uri X-Original-Url X-Original-User X-Request-Uri X-Rewrite-Uri X-Rewrite-Url X-Scheme X-Script-Name
    X-Sendfile-Type X-Url-Scheme X-Waws-Unencoded-Url
    Wsat Wscc Wscs Wsip Wsis Wspc Wspr Wsra Wsrh Wsru Wssc Wssn Wssp`,
  address: `Cf-Connecting-Ip Cf-Connecting-Ipv6 Client-Ip Do-Connecting-Ip Fastly-Client-Ip Fly-Client-Ip Forwarded-For Proxy-Client-Ip
    True-Client-Ip Wl-Proxy-Client-Ip X-Azure-Clientip X-Azure-Socketip X-Client-Ip X-Cluster-Client-Ip X-Custom-Ip-Authorization
    X-Forward-For X-Nf-Client-Connection-Ip X-Original-Forwarded-For X-Originating-Ip X-Real-Ip X-Remote-Addr X-Remote-Ip X-True-Client-Ip
    X-Vercel-Forwarded-For`,
  impersonation: `Impersonate-Extra-Scopes Impersonate-Group Impersonate-Uid Impersonate-User X-Impersonate-User X-Impersonated-User`,
}

/**
 * What each kind of product believes when it is told to, so that it may stand behind the gate. A kind that believes nothing of its own
 * (it may read the general ones) has an empty row.
 */
const ofKinds = {
  // The user header is a request for impersonation where Trino authenticates, and the identity itself where it does not.
  trino: 'X-Trino-User X-Trino-Original-User X-Trino-Original-Roles X-Presto-User',
  superset: 'Remote-User',
  airflow: 'Remote-User',
  jupyterhub: 'Remote-User X-Scheme',
  mlflow: '',
  amundsen: 'X-Forwarded-User X-Forwarded-Email',
  astronomer: '',
  grafana: 'X-Webauth-User X-Webauth-Name X-Webauth-Email X-Webauth-Groups X-Webauth-Role X-Grafana-User X-Grafana-Id',
  opensearch: 'X-Proxy-User X-Proxy-Roles X-Proxy-Ext-Username',
  'argo-cd': 'Argocd-User-Groups Argocd-User-Id Argocd-Username',
  'argo-workflows': '',
  minio: '',
  nessie: '',
  polaris: '',
  datahub: 'X-Datahub-Actor X-Datahub-Context',
  openmetadata: 'X-Auth-Params-Email',
  harbor: '',
  druid: '',
  nifi: 'X-Proxiedentitieschain X-Proxied-Entities-Chain X-Proxiedentitygroups X-Proxyhost X-Proxyport X-Proxyscheme X-Proxycontextpath',
  kafka: '',
  kafbat: '',
  kubeflow: 'Kubeflow-Userid Kubeflow-Groups',
  dex: 'X-Remote-User X-Remote-User-Id X-Remote-User-Email X-Remote-Group',
  'oauth2-proxy': 'Gap-Auth Gap-Signature',
  kubernetes: 'X-Remote-Extra-Scopes X-Remote-Uid Impersonate-User Impersonate-Group Impersonate-Uid',
  oidc: '',
} as const
export const headersOfKinds: Readonly<Record<string, string>> = ofKinds

/** Products that are no kinds of ours and often stand behind a gate: Atlas, Loki and Mimir, Thanos, Posit Workbench, Alfresco. */
const ofOthers = 'X-Awc-Username X-Awc-Roles X-Scope-Orgid Thanos-Tenant X-Rstudio-Username X-Alfresco-Remote-User'

/** Whoever believes one name of such a family believes others: claims, attributes and fields are in them. Folded. */
export const trustedFamilies: readonly string[] = [
  'cf-access-',
  'cf-cert-',
  'client-cert',
  'impersonate-',
  'iv-',
  'kubeflow-',
  'mellon-',
  'oam-',
  'oidc-',
  'osso-',
  'remote-',
  'shib-',
  'sm-user',
  'ssl-client-',
  'tailscale-',
  'teleport-',
  'wl-proxy-',
  'x-amzn-mtls-',
  'x-amzn-oidc-',
  'x-apigateway-',
  'x-appengine-user-',
  'x-arr-clientcert',
  'x-auth-request-',
  'x-authelia-',
  'x-authenticated-',
  'x-authentik-',
  'x-awc-',
  'x-client-cert',
  'x-consumer-',
  'x-endpoint-api-',
  'x-envoy-',
  'x-forwarded-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'x-impersonate',
  'x-jwt-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-original-',
  'x-pomerium-',
  'x-proxied',
  'x-proxy',
  'x-remote-',
  'x-spiffe-',
  'x-ssl-',
  'x-tls-client-',
  'x-token-',
  'x-vouch-',
  'x-webauth-',
]

/** They make a POST a DELETE behind rules that let only POST pass. */
const overrides = ['X-Http-Method', 'X-Http-Method-Override', 'X-Method', 'X-Method-Override', 'X-Override-Method']

/** What the gate tells the services behind it. */
export const toldByTheGate = [
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-User',
  'X-Forwarded-Email',
  'X-Forwarded-For',
  'X-Forwarded-Groups',
  'X-Forwarded-Host',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Proto',
  'X-Forwarded-User',
]

/** Every name of the table that is known in full, in alphabetical order: for proxies that can only remove one by one. */
export const trustedHeaders: readonly string[] = [
  ...new Set(
    [...Object.values(general), ...Object.values(ofKinds), ofOthers].flatMap((names) => names.match(/\S+/g) ?? []),
  ),
].sort()
export const methodOverrides: readonly string[] = overrides

const trusted = new Set(trustedHeaders.map(foldHeaderName))
const overriding = new Set(overrides.map(foldHeaderName))

/**
 * A name as the most lenient of servers reads it. CGI, WSGI and PHP make one variable of `X-User`, `X_User` and `X.User`, lighttpd also
 * of `X~User` and `X--User`; so every run of other characters than letters and digits is one hyphen, and none at the ends.
 */
export function foldHeaderName(name: string): string {
  const lower = name.toLowerCase()
  return plain.test(lower) ? lower : lower.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
}

/** Whether servers disagree about the name: anything but letters and digits with single `-`, `_` or `.` between them. */
export function isOddHeaderName(name: string): boolean {
  return !usual.test(name)
}

/** Whether a name is in the table, or in one of its families. @param folded see `foldHeaderName`. */
export function isTrustedHeader(folded: string): boolean {
  return trusted.has(folded) || trustedFamilies.some((family) => folded.startsWith(family))
}

/** @param folded see `foldHeaderName`. */
export function isMethodOverride(folded: string): boolean {
  return overriding.has(folded)
}

/** Whether a folded name is one of a list, in which `X-Staff-*` means all that begin with `X-Staff-`, `X-Staff*` also `X-Staffing`. */
export function headerList(names: readonly string[]): (folded: string) => boolean {
  const exact = new Set(names.filter((name) => !name.endsWith('*')).map(foldHeaderName))
  const beginnings = names.filter((name) => name.endsWith('*')).map(foldBeginning)
  return (folded) => exact.has(folded) || beginnings.some((beginning) => folded.startsWith(beginning))
}

function foldBeginning(name: string): string {
  return /[A-Za-z0-9]\*$/.test(name) ? foldHeaderName(name) : `${foldHeaderName(name)}-`
}
