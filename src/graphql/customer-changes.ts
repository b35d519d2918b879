import type { Customer } from '../services/records.ts';
import type { GraphContext } from './context.ts';
import { toText } from './field-change.ts';
import { imageUrl } from './image.ts';
import type { Relation } from './relations.ts';

async function referenceOf(relation: Relation<{ id: number; reference: string }>, id: number | null) {
  return id === null ? null : (await relation.require(id)).reference;
}

/** The value of a customer's input field as text; of relations their references. */
export async function customerText(customer: Customer, field: string, context: GraphContext): Promise<string | null> {
  const { relations } = context;
  switch (field) {
    case 'customerCategory':
      return referenceOf(relations.categories, customer.categoryId);
    case 'parentCustomer':
      return referenceOf(relations.customers, customer.parentId);
    case 'customerSegmentation':
      return referenceOf(relations.segmentations, customer.segmentationId);
    case 'createdBy':
      return referenceOf(relations.users, customer.createdById);
    case 'paymentTypes': {
      const ids = customer.paymentTypeIds;
      return (await Promise.all(ids.map((id) => referenceOf(relations.paymentTypes, id)))).join(', ') || null;
    }
    case 'logo':
      return customer.logo && imageUrl(customer.logo, '', context);
    default:
      return toText(new Map<string, unknown>(Object.entries(customer)).get(field));
  }
}
