import type { MutatedPart } from './mutant.ts'

const oidc = ['src/connectors/oidc.test.ts']

export const connectors: MutatedPart = {
  tests: oidc,
  mutants: [
    {
      file: 'connectors/oidc.ts',
      from: 'expectedNonce: nonce,',
      to: '',
      weakens: 'an ID token of another sign-in is taken',
      row: 'nonce-bound',
      tests: oidc,
    },
    {
      file: 'connectors/oidc.ts',
      from: 'expectedState: state,',
      to: 'expectedState: oidc.skipStateCheck,',
      weakens: 'any state will do',
      row: 'state-login-csrf',
      tests: oidc,
    },
    {
      file: 'connectors/oidc.ts',
      from: "await verify(tokens.id_token ?? '')",
      to: '',
      weakens: 'the signature of an ID token is not checked',
      row: 'alg-confusion',
      tests: ['src/connectors/hostile-provider.test.ts', ...oidc],
    },
    {
      file: 'connectors/oidc.ts',
      from: 'const usualTolerance = 60',
      to: 'const usualTolerance = 6_000_000',
      weakens: 'an ID token of any time is taken',
      row: 'upstream-jwt-aud-exp',
      tests: oidc,
    },
    {
      file: 'outgoing.ts',
      from: "redirect: 'manual'",
      to: "redirect: 'follow'",
      weakens: 'a provider leads the server elsewhere',
      row: 'ssrf-webhook-connector',
      tests: ['test/attack/doors.test.ts'],
    },
  ],
}
