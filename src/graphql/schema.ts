import './scalars.ts';
import './upload.ts';
import './organization.ts';
import './reference-data.ts';
import './customer-category.ts';
import './customer.ts';
import './customer-bulk.ts';
import './customer-category-bulk.ts';
import './customer-list.ts';
import './customer-category-list.ts';
import './change.ts';
import './error-catalogue.ts';
import { builder } from './builder.ts';

/** The GraphQL schema, complete. */
export const schema = builder.toSchema();
