/** Lifetimes in seconds. */
export const lifetimes = {
  authorizationCode: 60,
  accessToken: 3600,
  /** It came through the browser, where it can be seen. */
  frontChannelAccessToken: 600,
  /** Services check JWTs without asking us, so they are short-lived. */
  serviceAccessToken: 600,
  idToken: 3600,
  interaction: 3600,
  refreshToken: 14 * 24 * 3600,
  grant: 14 * 24 * 3600,
  /** A session of the provider in which nobody is signed in; one of a login session lasts as long as that. */
  session: 3600,
} as const
