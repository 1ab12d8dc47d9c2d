/**
 * Every warning and note that `check`, `render` and `serve` give about a configuration: one row each. A code is stable: once it is here it keeps its
 * meaning, because files acknowledge warnings by it. docs/reference/warnings.md is made of this table.
 */
export interface WarningRow {
  /** What is the matter, one sentence. */
  meaning: string
  /** What to do about it, beginning with a verb; when it may be acknowledged, if that is not plain. */
  remedy: string
}

const rows = {
  'access-token-unusable': {
    meaning: 'The provider gives access tokens that the product, or its clients, cannot check by themselves.',
    remedy: 'Let the product ask the provider, or choose an authorization server whose access tokens have an audience.',
  },
  'accounts-missing': {
    meaning: 'A list of accounts is empty, so nobody can sign in with it.',
    remedy: 'Add the accounts, or remove the class.',
  },
  'acknowledgement-unused': {
    meaning: 'An entry under `acknowledge` names no warning that there is.',
    remedy: 'Remove the entry, or write code and place as `check` prints them.',
  },
  'address-assumed': {
    meaning: 'A manifest does not say the address at which people open the product, so that one was assumed.',
    remedy: 'Set the annotation that the message names.',
  },
  'address-not-issuer': {
    meaning:
      'The address of a provider looks like that of its console or of one of its endpoints, and not like its issuer.',
    remedy: 'Copy `issuer` from the discovery document of the provider.',
  },
  'address-unverified': {
    meaning: 'The provider does not say whether it has verified e-mail addresses.',
    remedy: 'Name the domains that it vouches for in `emailDomains`, or let only administrators write addresses there.',
  },
  'admin-missing': {
    meaning: 'Nobody becomes an administrator of the product by a group.',
    remedy: 'Give a group the role, or name administrators in the product itself.',
  },
  'anonymous-access': {
    meaning: 'Whoever reaches the product gets in without a sign-in.',
    remedy: 'Give anonymous people nothing that is not public, then acknowledge it.',
  },
  'api-open': {
    meaning: 'Whoever reaches an address of the product can change its clients and accounts.',
    remedy: 'Demand client certificates there, or let nobody else reach it and acknowledge it.',
  },
  'audience-missing': {
    meaning: 'The client asks for no audience, and the provider or the product needs one.',
    remedy: 'Add `authorizationParameters: { audience: ... }`, or set the default audience of the tenant.',
  },
  'bind-missing': {
    meaning: 'There is no account with which to search the directory.',
    remedy:
      'Add `bindCredentials`. Acknowledge it where everybody may search, or every account has the DN that is assumed.',
  },
  'certificate-unchecked': {
    meaning: 'Nobody checks the certificate of a provider or a directory.',
    remedy: 'Name the certificate authority in `tls.verification.server.caCert`.',
  },
  'check-switched-off': {
    meaning: 'A check of the product is switched off.',
    remedy: 'Switch it on again. Acknowledge it where the message does not apply.',
  },
  'clear-text': {
    meaning: 'Secrets, tokens or cookies cross a network unencrypted.',
    remedy: 'Write https, or add `tls`. Acknowledge it where the network itself encrypts.',
  },
  'client-shared': {
    meaning: 'Products share one client at a provider, and what one of them needs there keeps another out.',
    remedy: 'Register a client for each.',
  },
  'client-two-secrets': {
    meaning: 'One client at one provider has two secrets in the configuration.',
    remedy: 'Keep the one that is right. Acknowledge it while a secret is being changed.',
  },
  'clients-missing': {
    meaning: 'A provider is rendered without any application that signs in at it.',
    remedy: 'List the applications.',
  },
  'connector-risky': {
    meaning: 'A connector is for tests, or its makers warn of it.',
    remedy: 'Use another one.',
  },
  'cookie-domain-useless': {
    meaning: 'A domain for cookies does not cover the address of the product, or browsers refuse it.',
    remedy: 'Name the host of the product or a domain above it.',
  },
  'cookie-needs-https': {
    meaning: 'Cookies of the product are sent over https only, and its address is http.',
    remedy: 'Write an https address with TLS in front of the product.',
  },
  'discovery-incomplete': {
    meaning: 'The product may stumble over what the discovery document of the provider has, or has not.',
    remedy: 'Compare the document as the message says. Acknowledge it when it is as it should be.',
  },
  'file-empty': {
    meaning: 'A file of the configuration is empty.',
    remedy: 'Write something into it, or leave it out.',
  },
  'file-missing': {
    meaning: 'A file with a secret or an authority is not on this machine (a note; an error with `check --env`).',
    remedy: 'Put it where the server runs.',
  },
  'filter-repeats-name': {
    meaning: 'A search filter of a directory contains the user name, which the product adds itself.',
    remedy: 'Remove that part of the filter.',
  },
  'group-not-dn': {
    meaning: 'The product compares groups by their DN in the directory, and a group is named otherwise.',
    remedy: 'Write the whole DN, as the directory has it.',
  },
  'groups-missing': {
    meaning: 'No groups arrive at the product: the provider does not send them, or not where the product looks.',
    remedy: 'Name the claim or the scope that carries them, or give the product the class gatehouse.',
  },
  'groups-mixed': {
    meaning: 'Groups of several providers count alike, so whoever creates groups at one of them decides.',
    remedy: 'Give the product the class gatehouse, which keeps them apart by teams.',
  },
  'groups-scope-missing': {
    meaning: 'The claim with the groups is read, and the scope that brings it is not requested.',
    remedy: 'Add the scope. Acknowledge it when the provider sends the claim anyway.',
  },
  'host-shared': {
    meaning: 'Two addresses share a host name, so that each is sent the cookies of the other.',
    remedy: 'Give each a host name of its own.',
  },
  'internal-address-useless': {
    meaning: 'The inner address of a provider is its public one, or leads to none of the addresses that are called.',
    remedy: 'Write the address inside of your network, or remove it.',
  },
  'issuer-slash': {
    meaning: 'The slash at the end of an issuer is not as the provider is known to write it.',
    remedy: 'Compare `issuer` in the discovery document, and write `rootPath` so.',
  },
  'key-unusable': {
    meaning: 'What the encryption key refers to is no key (an error with `check --env`).',
    remedy: 'Create one: `openssl rand -base64 32`.',
  },
  'limit-passed-by': {
    meaning: 'A list of people or groups keeps some out, and others get in past it.',
    remedy: 'Close the other way in, as the message says.',
  },
  'name-unreachable': {
    meaning: 'A person is named as the product never knows anybody.',
    remedy: 'Write the name as the product does.',
  },
  'names-by-class': {
    meaning: 'With several classes the product puts the class before names, so accounts of before are left behind.',
    remedy: 'Give the product the class gatehouse, or tell people of their new account.',
  },
  'names-reusable': {
    meaning: 'The user name can pass to somebody else at the provider.',
    remedy: 'Use a provider whose names are kept. Acknowledge it when a name that is taken over can do no harm.',
  },
  'names-undecided': {
    meaning: 'The order of `login` decides whose people have plain names.',
    remedy: 'Write `names: { from: CLASS }`.',
  },
  'path-needs-proxy': {
    meaning: 'The product stands below a path, which its proxy must tell it in one certain way.',
    remedy: 'Set up the proxy as the message says, then acknowledge it; or give the product its own host name.',
  },
  'people-by-address': {
    meaning: 'The product knows people by their e-mail address alone, whichever provider they come from.',
    remedy: 'Keep only providers that check addresses, or use the class gatehouse.',
  },
  'permissions-elsewhere': {
    meaning:
      'Something outside of this configuration decides who may do what, and the rendered files may stand in its way.',
    remedy: 'Join the two as the message says, then acknowledge it.',
  },
  'permissions-unchecked': {
    meaning: 'Everybody who gets in may do everything.',
    remedy: 'Add `roles`. Acknowledge it when everybody is meant.',
  },
  'placeholder-left': {
    meaning: 'A placeholder stands where a value belongs.',
    remedy: 'Replace it with the value.',
  },
  'principal-claim-never-sent': {
    meaning: 'The user name comes from a claim that the provider never sends.',
    remedy: 'Write another claim in `principalClaim`.',
  },
  'principal-claim-unused': {
    meaning: 'The product does not take the user name from `principalClaim`.',
    remedy: 'Expect the name that the message says, and acknowledge it.',
  },
  'product-limit': {
    meaning: 'Something that the product cannot do with the configuration, or does in another way.',
    remedy: 'Do what the message says.',
  },
  'proxy-unnamed': {
    meaning: 'Whoever reaches the product can pretend to be its proxy.',
    remedy: 'List the proxy in `trustedProxies`, and let nobody else reach the product.',
  },
  'reference-misread': {
    meaning: 'A text looks like a reference to a variable in another syntax, and is taken as it is.',
    remedy: 'Write `${env:NAME}` where a reference may stand, or the value.',
  },
  'refresh-token-missing': {
    meaning: 'The provider gives no refresh token for what is requested.',
    remedy: 'Add the scope or the parameter that the message names. Acknowledge it when people may sign in again.',
  },
  'role-empty': {
    meaning: 'A group has no role, so the entry does nothing.',
    remedy: 'List roles, or remove the group.',
  },
  'role-for-all': {
    meaning: 'Everybody who can sign in gets a role that is for few.',
    remedy: 'Give it to a group under `roles`.',
  },
  'roles-are-groups': {
    meaning: 'The product has no roles: only the groups count, and their lists do nothing.',
    remedy: 'Leave the lists empty.',
  },
  'roles-missing': {
    meaning: 'No group has a role: everybody has the same rights, or nobody any.',
    remedy: 'Add `roles`. Acknowledge it when roles are given in the product itself.',
  },
  'roles-removed': {
    meaning: 'Roles that were given by hand are taken away at every sign-in.',
    remedy: 'Add `roles`, or write `syncRolesAt: Registration`.',
  },
  'route-open': {
    meaning: 'A route without sign-in opens more paths than it seems.',
    remedy: 'Begin the pattern with `^/`.',
  },
  'rule-by-case': {
    meaning: 'A rule protects one spelling of a path, while another spelling is open to more people.',
    remedy: 'Put the stricter rule first. Acknowledge it when the service tells upper from lower case.',
  },
  'rule-narrowed': {
    meaning:
      'A rule lets in fewer people than it says, because one above asks for more at a path that differs by letter case only.',
    remedy: 'Write one rule for the path.',
  },
  'rule-unreachable': {
    meaning: 'No request reaches a rule: those above it decide all that it could, so that it protects nothing.',
    remedy: 'Put the narrower rule first, or remove it.',
  },
  'rules-missing': {
    meaning: 'A service has no rule that lets anybody in, so every request is refused.',
    remedy: 'Add a rule, or remove the service.',
  },
  'scope-missing': {
    meaning: 'A scope is not requested that brings what the product needs.',
    remedy: 'Add it to `scopes` or `extraScopes`.',
  },
  'scope-unknown': {
    meaning: 'A scope is requested that the provider does not have.',
    remedy: 'Remove it.',
  },
  'secret-in-file': {
    meaning: 'A secret is written in the file itself.',
    remedy: 'Put it into the environment or a file, and write `${env:NAME}` or `${file:/path}`.',
  },
  'secret-shared': {
    meaning: 'Two different clients have one secret: whoever holds it can act as both.',
    remedy: 'Give each client the secret that the provider made for it.',
  },
  'service-unreachable': {
    meaning: 'Nobody can open a service: it has no upstream, and no proxy may ask the gate for it.',
    remedy: 'Set `upstream`, or list the proxy in `listen.trustedProxies`.',
  },
  'setting-ignored': {
    meaning: 'Nothing reads a setting where it stands.',
    remedy: 'Remove it, or do what the message says.',
  },
  strangers: {
    meaning: 'Everybody in the world can have an account at the provider, and sign in.',
    remedy:
      'Restrict it at the provider, by organisation or by group. Acknowledge it when that is done where this file cannot say it.',
  },
  'team-unknown': {
    meaning: 'A group of a product that signs in at Gatehouse is no team of this configuration.',
    remedy: 'Write the name of a team, or add the team.',
  },
  'team-unreachable': {
    meaning: 'A team takes a group of a provider at which nobody signs in here.',
    remedy: 'List the class under `login`, or remove the source.',
  },
  'token-forgeable': {
    meaning: 'Tokens are signed with a secret that others have too.',
    remedy: 'Let the provider sign with a key pair (RS256, ES256).',
  },
  'tokens-unchecked': {
    meaning: 'A service believes tokens that anybody can write.',
    remedy: 'Turn the check on, or let only the front end reach the service.',
  },
  'upstream-is-here': {
    meaning: 'The upstream of a service is an address of this server itself.',
    remedy: 'Write the address where the service listens.',
  },
  'variable-elsewhere': {
    meaning: 'A variable that only products, `doctor` and `render --with-secrets` read is not set here (a note).',
    remedy: 'Set it where one of them runs.',
  },
  'variable-missing': {
    meaning: 'A variable of the environment is not set here (a note; an error with `check --env`).',
    remedy: 'Set it where the program runs that needs it.',
  },
  'version-lacking': {
    meaning: 'This version of the product cannot do something that the configuration asks of it.',
    remedy: 'Use the version that the message names. Acknowledge it when you can do without.',
  },
  'version-unknown': {
    meaning: 'The version is newer than those that are known, so the files are those of the newest known one.',
    remedy: 'Compare the notes of the release, then acknowledge it.',
  },
  'version-vulnerable': {
    meaning: 'This version of the product has a known hole in its sign-in.',
    remedy: 'Use the version that the message names.',
  },
} as const satisfies Record<string, WarningRow>

export type WarningCode = keyof typeof rows

export const warningRows: Readonly<Record<WarningCode, WarningRow>> = rows

export const warningCodes = Object.keys(rows) as WarningCode[]
