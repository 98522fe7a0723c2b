/** A table with a column of every kind that charts treat in a way of its own; the same rows each time. */
export const salesSql = `select range as id,
  timestamp '2023-01-01 00:00:00' + to_minutes((range * 263)::bigint % 788400) as sold_at,
  ['North', 'South', 'East', 'West'][1 + (range * range) % 4] as region,
  'Shop ' || lpad((range * 7 % 60)::varchar, 2, '0') as shop,
  ((range * 37) % 1000) / 10.0 as price,
  (range * 13) % 50 - 10 as margin,
  range % 3 = 0 as returned
from range(4000)`;
