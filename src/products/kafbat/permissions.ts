/** What the roles may do in Kafbat UI, in resources and actions that all of its versions know. */
import type { YamlValue } from '../../formats.ts'

export const kafbatRoleNames = ['admin', 'editor', 'viewer'] as const

const everything = ['topic', 'consumer', 'schema', 'connect']
const wholes = ['applicationconfig', 'clusterconfig', 'ksql', 'acl', 'audit']

type Permission = { [key: string]: YamlValue }

/** `value` is a pattern for names, where a resource has names. */
function permission(resource: string, actions: readonly string[]): Permission {
  return { resource, ...(everything.includes(resource) ? { value: '.*' } : {}), actions }
}

export function permissionsOf(name: (typeof kafbatRoleNames)[number]): Permission[] {
  if (name === 'admin') return [...wholes, ...everything].map((resource) => permission(resource, ['all']))
  if (name === 'editor') {
    return [
      permission('clusterconfig', ['view']),
      permission('topic', ['view', 'create', 'edit', 'messages_read', 'messages_produce']),
      permission('consumer', ['view', 'reset_offsets']),
      permission('schema', ['view', 'create', 'edit']),
      permission('connect', ['view', 'create', 'edit']),
    ]
  }
  return [
    permission('clusterconfig', ['view']),
    permission('topic', ['view', 'messages_read']),
    permission('consumer', ['view']),
    permission('schema', ['view']),
    permission('connect', ['view']),
  ]
}
