/** The bundle ships without types: they are those of the modules that it is made of. */
declare module 'echarts/dist/echarts.esm.min' {
  export { init } from 'echarts'
}
