import * as z from 'zod'
import { duration, httpUrl } from '../primitives.ts'

/** What the products on Flask-AppBuilder have in common. */
const sessions = {
  sessionLifetime: duration
    .optional()
    .describe('How long a session lasts (`PERMANENT_SESSION_LIFETIME`), in whole seconds: `8h`.'),
  logoutUrl: httpUrl
    .optional()
    .describe(
      'Where people are sent after they have signed out (`LOGOUT_REDIRECT_URL`), such as the sign-out page of the provider.',
    ),
}

export const superset = z.strictObject(sessions).describe('Settings of Superset.')
export const airflow = z.strictObject(sessions).describe('Settings of Airflow.')
