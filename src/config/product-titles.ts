/** What products are called where people read it. */
import type { ProductKind } from './kinds/index.ts'
import type { Product } from './product.ts'

/** The name of each kind in its maker's spelling. Every message, page and file takes it from here. */
export const kindTitles = {
  trino: 'Trino',
  superset: 'Superset',
  airflow: 'Airflow',
  jupyterhub: 'JupyterHub',
  mlflow: 'MLflow',
  amundsen: 'Amundsen',
  astronomer: 'Astronomer Software',
  grafana: 'Grafana',
  opensearch: 'OpenSearch',
  'argo-cd': 'Argo CD',
  'argo-workflows': 'Argo Workflows',
  minio: 'MinIO',
  nessie: 'Nessie',
  polaris: 'Apache Polaris',
  datahub: 'DataHub',
  openmetadata: 'OpenMetadata',
  harbor: 'Harbor',
  druid: 'Druid',
  nifi: 'NiFi',
  kafka: 'Kafka',
  kafbat: 'Kafbat UI',
  kubeflow: 'Kubeflow',
  dex: 'Dex',
  'oauth2-proxy': 'oauth2-proxy',
  kubernetes: 'Kubernetes',
  oidc: 'your application',
} as const satisfies Readonly<Record<ProductKind, string>>

/** Its `title`; otherwise its key, which is the name of the kind for `trino`, and tells two of a kind apart for `trino-prod`. */
export function titleOfProduct(key: string, { product, title }: Pick<Product, 'product' | 'title'>): string {
  return title ?? (key === product && product !== 'oidc' ? kindTitles[product] : key)
}
