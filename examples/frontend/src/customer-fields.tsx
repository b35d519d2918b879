import { Field, SelectField, TextField } from './field.tsx';
import type { ChoicesFragment, StoredCustomerFragment } from './gql/graphql.ts';

type Props = { readonly customer: StoredCustomerFragment | undefined; readonly choices: ChoicesFragment };

/** The customer's own category is always a choice, also where there are more than one page of them. */
function listCategories({ customer, choices }: Props) {
  const { nodes } = choices.customerCategories;
  const own = customer?.customerCategory;
  const all = own && nodes.every(({ reference }) => reference !== own.reference) ? [own, ...nodes] : nodes;
  return all.map(({ reference, name }) => ({ value: reference, label: name }));
}

/** The fields with what is stored. They keep what is typed into them themselves: a new `key` starts them anew. */
export function CustomerFields({ customer, choices }: Props) {
  const root = choices.customerCategories.nodes.find(({ isRoot }) => isRoot);
  const segmentations = choices.customerSegmentations.map(({ reference, name }) => ({ value: reference, label: name }));
  return (
    <div className="fields">
      <TextField name="reference" value={customer?.reference} />
      <TextField name="name" value={customer?.name} />
      <SelectField
        name="customerCategory"
        value={(customer?.customerCategory ?? root)?.reference ?? ''}
        choices={listCategories({ customer, choices })}
      />
      <SelectField
        name="customerSegmentation"
        value={customer?.customerSegmentation?.reference ?? ''}
        choices={[{ value: '', label: 'None' }, ...segmentations]}
      />
      <TextField name="email" type="email" value={customer?.email} />
      <TextField name="phone" type="tel" value={customer?.phone} />
      <TextField name="billingCity" value={customer?.billingCity} />
      <TextField name="billingCountry" value={customer?.billingCountry} hint="FR, FRA or France" />
      <TextField
        name="creditLimit"
        type="number"
        value={customer?.creditLimit}
        hint={`in ${customer?.currency ?? choices.organization.currency}`}
      />
      <PaymentTypes customer={customer} choices={choices} />
      <Field name="onHold">
        {(control) => <input {...control} type="checkbox" defaultChecked={customer?.onHold ?? false} />}
      </Field>
      <TextField name="onHoldReason" value={customer?.onHoldReason} />
      <Logo customer={customer} />
    </div>
  );
}

function PaymentTypes({ customer, choices }: Props) {
  const chosen = new Set(customer?.paymentTypes.map(({ id }) => id));
  return (
    <Field name="paymentTypes" isGroup>
      {({ name }) =>
        choices.paymentTypes.map((type) => (
          <label key={type.id} className="check">
            <input type="checkbox" name={name} value={type.id} defaultChecked={chosen.has(type.id)} /> {type.name}
          </label>
        ))
      }
    </Field>
  );
}

function Logo({ customer }: Pick<Props, 'customer'>) {
  return (
    <Field name="logo">
      {(control) => (
        <>
          {customer?.logo && (
            <div className="logo">
              <img src={customer.logo.medium} alt={`Logo of ${customer.name}`} />
              <label className="check">
                <input type="checkbox" name="removeLogo" /> Remove it
              </label>
            </div>
          )}
          <input {...control} type="file" accept="image/jpeg,image/png,image/gif,image/bmp" />
        </>
      )}
    </Field>
  );
}
