# Counts high waters: awk -F, -f tidecount.awk hourly-levels-2024q1.csv
NR == 1 { next }
{ if ($2 > level) rising = 1; else if ($2 < level && rising) { high += 1; rising = 0 }; level = $2 }
END { print high + 0 }
