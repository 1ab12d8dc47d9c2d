/** How every REGISTER.md says who has written it: so `render --check` knows the folders that it made. */
export const madeByRender = 'Written by `gatehouse render` from your configuration.'
