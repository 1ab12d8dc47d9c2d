import type { ProductKind } from '../config/schema.ts'
import type { ProductDescription } from './contract.ts'
import { oidc } from './oidc.ts'
import { superset } from './superset.ts'
import { trino } from './trino.ts'

/** Every kind of product. A new one is a file and a line here. */
export const products: Readonly<Record<ProductKind, ProductDescription>> = { trino, superset, oidc }
