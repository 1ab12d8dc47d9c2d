/** Shown when a form belongs to no known sign-in, or to one of another browser. */
export const loginGone =
  'Restart login cookie not found. It may have expired; it may have been deleted or cookies are disabled in your browser.'
