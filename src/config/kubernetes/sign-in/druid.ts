/** Overrides of a DruidCluster that are about sign-in. */
import { asInClass, asRendered, classSays, keepIt, type Rule, scopesAsInClass } from './rule.ts'

const config = /runtime\.properties$/

export const druidRules: readonly Rule[] = [
  {
    file: config,
    key: /^druid\.auth\.pac4j\.oidc\.oidcClaim$/,
    effect: 'identity',
    why: `People had the name of that claim. ${classSays} The setting is principalClaim.`,
    isHarmless: true,
    read: asInClass('principalClaim'),
  },
  {
    file: config,
    key: /^druid\.auth\.pac4j\.oidc\.scope$/,
    effect: 'identity',
    why: `Other scopes were asked for, which bring other claims. ${classSays} The settings are scopes and oidc.extraScopes.`,
    isHarmless: true,
    read: scopesAsInClass,
  },
  {
    file: config,
    key: /^druid\.auth\.pac4j\.oidc\.(?:clientID|clientSecret|discoveryURI)$/,
    effect: 'access',
    why: `People signed in at another provider, or with another client, than the class says. ${classSays}`,
  },
  {
    file: config,
    key: /^druid\.auth\.pac4j\.oidc\.roleClaimPath$/,
    effect: 'access',
    why: `Roles came from that claim. ${keepIt}`,
    isHarmless: true,
  },
  {
    file: config,
    key: /^druid\.auth\.allowUnauthenticatedHttpOptions$/,
    effect: 'access',
    why: `Requests without a sign-in were answered. ${keepIt}`,
    isHarmless: true,
    read: asRendered('false'),
  },
  {
    file: config,
    key: /^druid\.auth\.pac4j\.(?!cookiePassphrase)/,
    effect: 'setting',
    why: `Sign-in was tuned by it. ${keepIt}`,
  },
  {
    file: config,
    key: /^druid\.auth\.pac4j\.cookiePassphrase$/,
    effect: 'secret',
    why: 'Sessions were encrypted with it. Set the variable of secrets.env.example to the same value, or people sign in again.',
  },
  {
    file: config,
    key: /^druid\.(?:auth|escalator)\./,
    effect: 'access',
    why: 'Who gets in, or who may do what, was decided by it. The rendered file has its own chain of authenticators and authorizers: add yours behind it, where the last line of a key wins.',
  },
]
