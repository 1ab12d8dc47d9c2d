/** Reads the overrides of a cluster that are about sign-in; those that are not are nobody's business here. */
import type { DataMap } from '../../../maps.ts'
import type { Path, UnreadSetting } from '../manifest.ts'
import type { Override } from '../overrides.ts'
import { druidRules } from './druid.ts'
import { flaskAppBuilderRules } from './flask-app-builder.ts'
import { kafkaRules } from './kafka.ts'
import { nifiRules } from './nifi.ts'
import type { Around, Rule } from './rule.ts'
import { trinoRules } from './trino.ts'

/** Variables that are about sign-in whatever the product: those that the operators set, and what is named like it. */
const anyVariable: Rule = {
  file: /^env$/,
  key: /(?:^|_)(?:OIDC|OAUTH2?|OAUTHLIB|OPENID|SAML|LDAP|SSO|AUTH_(?:TYPE|ROLES?|USER|LDAP|OPA)\w*)(?:_|$)/,
  effect: 'access',
  why: 'The containers got it for their sign-in. The rendered files do not read it: keep it in the environment of the product if it counts.',
}

const rules: Readonly<Record<string, readonly Rule[]>> = {
  trino: trinoRules,
  superset: flaskAppBuilderRules,
  airflow: flaskAppBuilderRules,
  nifi: nifiRules,
  druid: druidRules,
  kafka: kafkaRules,
}

export interface SignInOverrides {
  /** What the product says because of them. */
  set: { at: Path; value: unknown; place: Path }[]
  unread: UnreadSetting[]
}

/** `entries` and `classes` as in `Around`. */
export function signInOverrides(
  product: string,
  all: readonly Override[],
  { entries, classes }: { entries: readonly DataMap[]; classes: readonly (DataMap | undefined)[] },
): SignInOverrides {
  const result: SignInOverrides = { set: [], unread: [] }
  for (const override of all) {
    const rule = [...(rules[product] ?? []), anyVariable].find(
      ({ file, key }) => file.test(override.file) && key.test(override.key),
    )
    if (rule) readOne(rule, { entries, classes, override, all }, result)
  }
  return result
}

function readOne(rule: Rule, around: Around, result: SignInOverrides): void {
  const { override } = around
  const { path, value, differs } = override
  const reading = differs || value === null ? undefined : rule.read?.(around)
  if (reading === 'same') return
  if (reading) {
    result.set.push(...reading.set.map(([at, found]) => ({ at, value: found, place: path })))
    return
  }
  const { effect, why, isHarmless = false } = rule
  const disagree = differs ? 'Role groups say different things here, and a product says one. ' : ''
  result.unread.push({
    path,
    name: override.file === 'env' ? override.key : `${override.file}: ${override.key}`,
    value,
    isHarmless,
    effect,
    why: `${disagree}${why}`,
  })
}
