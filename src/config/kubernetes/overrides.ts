/** `configOverrides`, `envOverrides` and the `env` of `podOverrides`, at every level of a cluster. */
import { isMap, mapAt } from '../../maps.ts'
import type { Manifest, Path } from './manifest.ts'

export interface Override {
  /** The file that it goes to; `env` for a variable. */
  file: string
  key: string
  value: unknown
  /** Where it stands in the manifest, the most specific place first. */
  path: Path
  /** Role groups of one role disagree, so that no one value is that of the product. */
  differs: boolean
}

/** Each key of each file once, with the value that holds: a role group wins over its role, a role over the cluster. */
export function overridesOf({ data }: Manifest): Override[] {
  const spec = mapAt(data, 'spec')
  const cluster = [
    ...settingsAt(spec, ['spec']),
    ...settingsAt(mapAt(spec, 'clusterConfig'), ['spec', 'clusterConfig']),
  ]
  const found = new Map<string, Override>()
  const add = (override: Override) => {
    const name = `${override.file}\0${override.key}`
    const known = found.get(name)
    if (!known) found.set(name, override)
    else if (override.differs || !isSame(known.value, override.value)) found.set(name, { ...known, differs: true })
  }
  for (const [role, definition] of Object.entries(spec)) {
    if (role === 'clusterConfig' || !isMap(definition)) continue
    for (const override of overridesOfRole(definition, ['spec', role], cluster)) add(override)
  }
  // A cluster in a snippet may have no role at all.
  for (const setting of cluster) if (!found.has(`${setting.file}\0${setting.key}`)) add({ ...setting, differs: false })
  return [...found.values()]
}

type Setting = Omit<Override, 'differs'>

function overridesOfRole(
  definition: Readonly<Record<string, unknown>>,
  at: Path,
  cluster: readonly Setting[],
): Override[] {
  const role = [...cluster, ...settingsAt(definition, at)]
  const groups = Object.entries(mapAt(definition, 'roleGroups'))
  const effective = (groups.length === 0 ? [['', {}] as const] : groups).map(([name, group]) => {
    const settings = [...role, ...settingsAt(isMap(group) ? group : {}, [...at, 'roleGroups', name])]
    return new Map(settings.map((setting) => [`${setting.file}\0${setting.key}`, setting]))
  })
  const names = new Set(effective.flatMap((settings) => [...settings.keys()]))
  return [...names].flatMap((name) => {
    const [first, ...others] = effective.map((settings) => settings.get(name))
    const one = first ?? others.find((setting) => setting !== undefined)
    if (!one) return []
    return [{ ...one, differs: others.some((other) => !isSame(other?.value, first?.value)) }]
  })
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The overrides of one level, without those below it. */
function settingsAt(level: Readonly<Record<string, unknown>>, at: Path): Setting[] {
  const files = Object.entries(mapAt(level, 'configOverrides')).flatMap(([file, settings]) =>
    isMap(settings)
      ? Object.entries(settings).map(([key, value]) => ({
          file,
          key,
          value,
          path: [...at, 'configOverrides', file, key],
        }))
      : [],
  )
  const variables = Object.entries(mapAt(level, 'envOverrides')).map(([key, value]) => ({
    file: 'env',
    key,
    value,
    path: [...at, 'envOverrides', key],
  }))
  return [...files, ...variables, ...variablesOfPods(level, at)]
}

/** `podOverrides.spec.containers[].env[]` */
function variablesOfPods(level: Readonly<Record<string, unknown>>, at: Path): Setting[] {
  const containers = mapAt(mapAt(level, 'podOverrides'), 'spec')['containers']
  if (!Array.isArray(containers)) return []
  return containers.flatMap((container: unknown, index) => {
    const env = isMap(container) ? container['env'] : undefined
    if (!Array.isArray(env)) return []
    return env.filter(isMap).map((variable) => ({
      file: 'env',
      key: String(variable['name']),
      value: variable['value'],
      path: [...at, 'podOverrides', 'spec', 'containers', index, 'env'],
    }))
  })
}
