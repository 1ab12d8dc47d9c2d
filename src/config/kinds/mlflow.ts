import * as z from 'zod'

export const mlflow = z
  .strictObject({
    oidcAuth: z
      .enum(['7', '8', '9', '10', '11'])
      .default('11')
      .describe('The line of the plugin mlflow-oidc-auth; `7` is 7.18 and later.'),
  })
  .describe('Settings of MLflow.')
