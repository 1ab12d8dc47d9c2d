import * as z from 'zod'
import { duration, line, words } from '../primitives.ts'

export const nifi = z
  .strictObject({
    initialAdmin: line
      .min(1)
      .optional()
      .describe('The user who may do everything at first, exactly as NiFi sees the name.'),
    initialAdminGroup: line
      .min(1)
      .optional()
      .describe('The group whose members may do everything at first (NiFi 2.5 and later).'),
    proxyHosts: words.default([]).describe('Further `host:port` at which people reach it, besides the one of `url`.'),
    ldapUsers: z
      .boolean()
      .default(false)
      .describe('Take users and groups from the directory instead of keeping them in NiFi.'),
    preferredJwsAlgorithm: z
      .enum([
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'HS256',
        'HS384',
        'HS512',
      ])
      .optional()
      .describe(
        'The one algorithm with which the provider signs ID tokens (`preferred.jwsalgorithm`); RS256 when absent, and that of Gatehouse where Gatehouse signs.',
      ),
    fallbackClaims: words
      .default([])
      .describe(
        'Claims for the user name where `principalClaim` is missing, the first that is there (`fallback.claims.identifying.user`).',
      ),
    connectTimeout: duration
      .optional()
      .describe('How long NiFi waits for a connection to the provider; 5 seconds when absent.'),
    readTimeout: duration.optional().describe('How long it waits for an answer; 5 seconds when absent.'),
  })
  .describe('Settings of NiFi.')
