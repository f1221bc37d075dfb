"""Everything psychometric that is kept: items, parameters, sittings, responses, ratings."""
