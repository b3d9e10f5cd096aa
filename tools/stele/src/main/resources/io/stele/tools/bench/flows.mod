# Goods from plants to shops on routes that all of them share; numbers from a small generator.
param plants := 16; param shops := 28; param goods := 14;
set P := 1..plants; set S := 1..shops; set G := 1..goods;
param cost{p in P, s in S, g in G} := 10 + (p * 7919 + s * 10473 + g * 3571 + p * s * 131) mod 97;
param demand{s in S, g in G} := 20 + (s * 617 + g * 389 + s * g * 53) mod 61;
param supply{p in P, g in G} := ceil(1.25 * (sum{s in S} demand[s, g]) / plants) + (p * 31 + g * 17) mod 9;
param capacity{p in P, s in S} := ceil(1.6 * (sum{g in G} demand[s, g]) / plants) + (p * 13 + s * 29) mod 11;
var x{P, S, G} >= 0;
minimize total: sum{p in P, s in S, g in G} cost[p, s, g] * x[p, s, g];
s.t. from_plant{p in P, g in G}: sum{s in S} x[p, s, g] <= supply[p, g];
s.t. to_shop{s in S, g in G}: sum{p in P} x[p, s, g] >= demand[s, g];
s.t. on_route{p in P, s in S}: sum{g in G} x[p, s, g] <= capacity[p, s];
end;
