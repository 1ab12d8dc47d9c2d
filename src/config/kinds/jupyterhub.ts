import * as z from 'zod'

export const jupyterhub = z
  .strictObject({
    oauthenticator: z
      .enum(['16', '17'])
      .default('17')
      .describe('The line of oauthenticator in the environment of the hub.'),
  })
  .describe('Settings of JupyterHub.')
