/** The bundle ships without types: these are the types of the modules in it. */
declare module 'echarts/dist/echarts.esm.min' {
  export { init } from 'echarts'
}
