-- What PostgreSQL does with a whole file: psql -f copy.sql < FILE. The columns are those of the contract's parameters.
set search_path = yardstick;
create temporary table incoming (reference text, name text, "categoryId" text, "customerSegmentationId" text, "userId" text, "billingCity" text, "billingCountry" text,
  email text, phone text, "creditLimit" float8, "paymentTypes" text);
\copy incoming from pstdin with (format csv, header match)
with upserted as (
  insert into customers as t (organization_id, reference, name, category_id, segmentation_id, created_by, billing_city, billing_country, city, country, email, phone, credit_limit, currency)
  select 1, i.reference, i.name, c.id, s.id, u.id, i."billingCity", i."billingCountry", i."billingCity", i."billingCountry", i.email, i.phone, i."creditLimit", 'EUR'
  from incoming i
  join customer_categories c on c.organization_id = 1 and c.reference = i."categoryId"
  join segmentations s on s.organization_id = 1 and s.reference = i."customerSegmentationId"
  join users u on u.organization_id = 1 and u.reference = i."userId"
  on conflict (organization_id, reference) do update set name = excluded.name, category_id = excluded.category_id, segmentation_id = excluded.segmentation_id, billing_city = excluded.billing_city,
    billing_country = excluded.billing_country, city = excluded.city, country = excluded.country, email = excluded.email, phone = excluded.phone, credit_limit = excluded.credit_limit, last_updated = now()
  returning t.id, t.reference)
insert into customer_payment_types
select 1, u.id, p::bigint from upserted u join incoming i using (reference), unnest(string_to_array(trim(both '[]' from i."paymentTypes"), ',')) p
on conflict do nothing;
