/** The one scope of every service: its rules decide the rest. */
export const serviceScope = 'access'

/** How tokens for services are signed (RFC 7518 section 3.1). */
export const serviceTokenAlg = 'ES256'
