import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { CustomerFields } from './customer-fields.tsx';
import { readCustomer } from './customer-input.ts';
import { findField } from './field-names.ts';
import { FindingsContext } from './field.tsx';
import { graphql } from './gql/gql.ts';
import type { ChoicesFragment, StoredCustomerFragment, UpsertCustomerMutation } from './gql/graphql.ts';
import { Conflict, Refusal, Success } from './outcome.tsx';

const UpsertCustomerDocument = graphql(`
  mutation UpsertCustomer($input: UpsertCustomerInput!, $mode: UpsertMode!, $ifVersion: Int, $validateOnly: Boolean!) {
    upsertCustomer(input: $input, mode: $mode, ifVersion: $ifVersion, validateOnly: $validateOnly) {
      ... on UpsertCustomerSuccess {
        outcome
        changes {
          field
          before
          after
        }
        warnings {
          message
        }
        customer {
          ...StoredCustomer
        }
      }
      ... on UpsertFailure {
        errors {
          code
          message
          path
        }
      }
    }
  }
`);

type Result = UpsertCustomerMutation['upsertCustomer'];

type Props = {
  /** The customer as it was loaded; undefined for a new one. */
  readonly initial: StoredCustomerFragment | undefined;
  readonly choices: ChoicesFragment;
  readonly onReload: () => void;
  readonly onSaved: (reference: string) => void;
};

/** Edits one customer, from the version it was loaded in. */
export function CustomerForm({ initial, choices, onReload, onSaved }: Props) {
  const [customer, setCustomer] = useState(initial);
  const [saves, setSaves] = useState(0);
  const [result, setResult] = useState<Result>();
  const [{ fetching, error, operation }, upsert] = useMutation(UpsertCustomerDocument);
  const form = useRef<HTMLFormElement>(null);
  const wasTried = operation?.variables.validateOnly ?? false;
  const errors = result?.__typename === 'UpsertFailure' ? result.errors : [];
  const conflict = customer && errors.find(({ code }) => code === 'CONFLICT');

  useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [result]);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (fetching) return;
    const validateOnly = event.nativeEvent.submitter?.id === 'check';
    const answer = await upsert({
      input: readCustomer(new FormData(event.currentTarget), customer),
      mode: customer ? 'UPDATE_ONLY' : 'CREATE_ONLY',
      ifVersion: customer?.version ?? null,
      validateOnly,
    });
    setResult(answer.data?.upsertCustomer);
    if (validateOnly || answer.data?.upsertCustomer.__typename !== 'UpsertCustomerSuccess') return;
    setCustomer(answer.data.upsertCustomer.customer);
    setSaves((count) => count + 1);
    onSaved(answer.data.upsertCustomer.customer.reference);
  };

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} aria-labelledby="title" aria-busy={fetching}>
      <h2 id="title">{customer ? customer.name : 'New customer'}</h2>
      {customer && <LastChange customer={customer} />}
      <div role="status">
        {result?.__typename === 'UpsertCustomerSuccess' && <Success {...result} wasTried={wasTried} />}
      </div>
      <div role="alert">
        {conflict ? <Conflict onReload={onReload} /> : <Refusal errors={errors.filter((each) => !findField(each))} />}
        {error && <Refusal errors={[{ message: error.message }]} />}
      </div>
      <FindingsContext value={conflict ? [] : errors}>
        <CustomerFields key={saves} customer={customer} choices={choices} />
      </FindingsContext>
      <div className="actions">
        <button type="submit" className="primary">
          Save
        </button>
        <button type="submit" id="check">
          Check first
        </button>
      </div>
    </form>
  );
}

function LastChange({ customer: { version, lastUpdated } }: { readonly customer: StoredCustomerFragment }) {
  const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <p className="faint">
      Version {version}, changed <time dateTime={lastUpdated}>{moment.format(new Date(lastUpdated))}</time>
    </p>
  );
}
