hearth: "team/*/x" is not the name of an agent
hint: Names are letters, digits, _ and -, in segments joined by /; each segment starts with a letter or digit. `hearth status` shows those that there are.
