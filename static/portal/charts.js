"use strict";

/* Draws each .chart from the JSON beside it. Every chart has its table, so nothing is lost without this file.
   Tooltips are drawn on the canvas: the HTML ones would need inline styles, which the policy refuses. */

(() => {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const words = { color: token("--muted"), fontFamily: token("--font"), fontSize: 12 };
  const colours = { weeks: [token("--brand"), token("--planned")], stars: [token("--gold")] };

  function options(chart) {
    return {
      animationDuration: 300,
      color: colours[chart.kind],
      textStyle: words,
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
      legend: chart.series.length > 1 ? { bottom: 0, itemWidth: 14, itemHeight: 8, textStyle: words } : undefined,
      grid: { left: 4, right: 8, top: 16, bottom: chart.series.length > 1 ? 34 : 8, containLabel: true },
      xAxis: {
        type: "category",
        data: chart.labels,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: token("--line") } },
        axisLabel: { ...words, interval: chart.kind === "stars" ? 0 : "auto", hideOverlap: true },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        axisLabel: words,
        splitLine: { lineStyle: { color: token("--line") } },
      },
      series: chart.series.map((one, index) => ({
        type: "bar",
        name: one.name,
        stack: chart.kind === "weeks" ? "all" : undefined,
        data: one.values,
        barMaxWidth: 34,
        itemStyle: { borderRadius: index === chart.series.length - 1 ? [4, 4, 0, 0] : 0 },
        label: chart.kind === "stars" ? { show: true, position: "top", ...words } : undefined,
      })),
    };
  }

  const locale = document.documentElement.lang.toLowerCase().startsWith("zh") ? "ZH" : "EN";
  for (const box of document.querySelectorAll(".chart[data-chart]")) {
    const chart = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const drawn = echarts.init(box, null, { locale });
    drawn.setOption(options(chart));
    new ResizeObserver(() => drawn.resize()).observe(box);
  }
})();
